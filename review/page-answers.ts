/**
 * What the review page asks for besides its files: who the reader is, events as sentences, and the
 * integrity check. JSON of our own, held and recorded like every other answer.
 */
import { tell, type Named, type Phrase } from '../audit/event/index.ts';
import { parseSearch } from '../audit/search/index.ts';
import { answerFault, answerWith, type ReviewAnswer } from './answer.ts';
import { formatIssues, searchFor } from './events.ts';
import type { CheckResult, IntegrityCheck } from './integrity.ts';
import type { Reader, ReviewOptions } from './options.ts';

/** A search that leads from something that is shown: one parameter and its value, escaped. */
interface Find {
  readonly parameter: string;
  readonly value: string;
}

/** Problems that a check's answer lists; all are counted, and `chaperone verify` lists all. */
const shownProblems = 20;

function answerJson(value: unknown, eventCount: number): ReviewAnswer {
  const body = Buffer.from(JSON.stringify(value));
  return { ...answerWith(body, eventCount), mediaType: 'application/json; charset=utf-8' };
}

/** Answers who the reader is, for the page to greet, and to know what to offer. */
export function answerReader(reader: Reader, query: string): ReviewAnswer {
  const issues = formatIssues(query);
  if (issues.length > 0) return answerFault('search-refused', {}, issues);
  return answerJson({ name: reader.name, role: reader.role }, 0);
}

/**
 * Answers a search with sentences: the very search of `AuditEvent?…`, told in phrases.
 *
 * @param text The query, still encoded. Untrusted.
 */
export function answerTold(options: ReviewOptions, text: string): Promise<ReviewAnswer> {
  const base = fhirPath(options.publicBase);
  return searchFor(options, text, '', ({ total, nextUrl }, { hits }) =>
    answerJson(
      {
        ...(total === undefined ? {} : { total }),
        ...(nextUrl === undefined ? {} : { next: nextUrl.slice(nextUrl.indexOf('?') + 1) }),
        events: hits.map(({ id, bytes }) => toldEvent(id, bytes, base)),
      },
      hits.length,
    ),
  );
}

/** The FHIR base as seen from the page, which stands beside it; empty when it is the root itself. */
function fhirPath(publicBase: string): string {
  const [, last = ''] = /\/([^/]+)$/u.exec(new URL(publicBase).pathname) ?? [];
  return last === '' ? '' : `${last}/`;
}

function toldEvent(id: string, bytes: Uint8Array, base: string): unknown {
  const event = JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly outcome?: unknown };
  const { at, phrases, session, requestId } = tell(event);
  return {
    id,
    // Relative to the page: whoever came by another allowed name stays there.
    read: `${base}AuditEvent/${id}`,
    at,
    outcome: event.outcome,
    phrases: phrases.map((phrase) => {
      const find = findOf(phrase);
      const { kind, text } = phrase;
      return find === undefined ? { kind, text } : { kind, text, find };
    }),
    ...given('session', findBy('session', session)),
    ...given('request', findBy('entity.identifier', requestId)),
  };
}

function given(name: string, find: Find | undefined): Readonly<Record<string, Find>> {
  return find === undefined ? {} : { [name]: find };
}

function findOf({ kind, named }: Phrase): Find | undefined {
  switch (kind) {
    case 'user':
      return findBy('agent', named?.reference) ?? findBy('agent.identifier', ...token(named));
    case 'app':
      return findBy('agent.identifier', ...token(named));
    case 'thing':
      return findBy('entity', named?.reference);
    case 'patient':
      return findBy('patient', named?.reference) ?? findBy('patient.identifier', ...token(named));
    case 'words':
    case 'outcome':
      return undefined;
  }
}

function token(
  named: Named | undefined,
): readonly [value: string | undefined, system: string | undefined] {
  return [named?.identifier?.value, named?.identifier?.system];
}

/** No link is better than one to a search that is refused. */
function findBy(parameter: string, value: string | undefined, system?: string): Find | undefined {
  if (value === undefined) return undefined;
  const prefix = system === undefined ? '' : `${escaped(system)}|`;
  const find = { parameter, value: `${prefix}${escaped(value)}` };
  const parsed = parseSearch(new URLSearchParams([[find.parameter, find.value]]));
  return parsed.kind === 'ok' ? find : undefined;
}

/** https://hl7.org/fhir/R4/search.html#escaping */
function escaped(value: string): string {
  return value.replace(/[\\,$|]/gu, '\\$&');
}

/** Answers where the integrity check stands; with `start`, after having started one. */
export function answerCheck(check: IntegrityCheck, start: boolean, query: string): ReviewAnswer {
  const issues = formatIssues(query);
  if (issues.length > 0) return answerFault('search-refused', {}, issues);
  if (start) check.start();
  const { running, last } = check.state();
  const answer = answerJson(
    {
      ...(running === undefined ? {} : { running }),
      ...(last === undefined ? {} : { last: shownResult(last) }),
    },
    0,
  );
  // While one runs, what is known of an earlier one is not what was asked for.
  return running !== undefined || last === undefined
    ? answer
    : { ...answer, checked: verdict(last) };
}

function shownResult(result: CheckResult): unknown {
  if (result.kind === 'failed') return result;
  const { report, ...rest } = result;
  const { problems, ...numbers } = report;
  return {
    ...rest,
    ...numbers,
    problemCount: problems.length,
    problems: problems.slice(0, shownProblems),
  };
}

function verdict(result: CheckResult): string {
  if (result.kind === 'failed') return 'the check did not come to an end';
  const { ok, problems, treeSize, rootHash } = result.report;
  const found = ok ? 'all well' : `${String(problems.length)} problems`;
  return `${found}: tree size ${String(treeSize)}, root hash ${rootHash}, checked ${result.endedAt}`;
}
