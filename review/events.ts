/** Search and read over the events: from the query text to an answer that is not yet released. */
import { parseSearch, SearchFault } from '../audit/search/index.ts';
import type { SearchIssue, SearchPage } from '../audit/search/index.ts';
import { answerFault, answerWith } from './answer.ts';
import type { Issue, ReviewAnswer } from './answer.ts';
import { buildBundle, pageUrl, type BundleFrame } from './bundle.ts';
import type { ReviewOptions } from './options.ts';

/**
 * Answers a search.
 *
 * @param text The query, still encoded. Untrusted.
 * @param prefer The header of that name. Untrusted.
 */
export function answerSearch(
  options: ReviewOptions,
  text: string,
  prefer: string,
): Promise<ReviewAnswer> {
  return searchFor(options, text, prefer, (frame, page) =>
    answerWith(buildBundle(frame, page.hits), page.hits.length),
  );
}

/**
 * Searches, and answers with what is made of a page; with a fault when the search is refused or
 * cannot be done.
 *
 * @param text The query, still encoded. Untrusted.
 * @param prefer The header of that name. Untrusted.
 */
export async function searchFor(
  options: ReviewOptions,
  text: string,
  prefer: string,
  made: (frame: BundleFrame, page: SearchPage) => ReviewAnswer,
): Promise<ReviewAnswer> {
  const { ledger, search, record, publicBase } = options;
  const params = new URLSearchParams(text);
  const parsed = parseSearch(params, {
    bases: [record.upstreamBase, record.gatewayBase],
    isLenient: asksLenient(prefer),
  });
  if (parsed.kind === 'refused') {
    return answerFault('search-refused', {}, parsed.issues.map(issueOf));
  }
  // The link to the page itself says what was applied: FHIR R4 search, "self link".
  for (const { parameter } of parsed.ignored) params.delete(parameter);
  if (params.has('_count')) params.set('_count', String(parsed.query.count));
  return guarded(async () => {
    const page = await search.search(parsed.query, ledger.size);
    const frame = {
      id: record.newId(),
      base: publicBase,
      timestamp: record.clock().toISOString(),
      selfUrl: pageUrl(publicBase, params, undefined),
      nextUrl: page.next === undefined ? undefined : pageUrl(publicBase, params, page.next),
      total: page.total,
      warnings: parsed.ignored.map(issueOf),
    };
    return made(frame, page);
  });
}

/** Answers a read with exactly the bytes that were committed. */
export async function answerRead(
  options: ReviewOptions,
  id: string,
  text: string,
): Promise<ReviewAnswer> {
  const issues = formatIssues(text);
  if (issues.length > 0) return answerFault('search-refused', {}, issues);
  return guarded(async () => {
    const bytes = await options.search.read(id, options.ledger.size);
    return bytes === undefined ? answerFault('event-unknown') : answerWith(bytes, 1);
  });
}

/** Problems of a query on a path that takes `_format` at most. */
export function formatIssues(text: string): readonly Issue[] {
  const params = new URLSearchParams(text);
  const issues = [...params.keys()]
    .filter((name) => name !== '_format')
    .map((name) => unsupportedHere(name));
  const format = new URLSearchParams([...params].filter(([name]) => name === '_format'));
  const parsed = parseSearch(format);
  return parsed.kind === 'ok' ? issues : [...issues, ...parsed.issues.map(issueOf)];
}

async function guarded(answer: () => Promise<ReviewAnswer>): Promise<ReviewAnswer> {
  try {
    return await answer();
  } catch (cause) {
    if (!(cause instanceof SearchFault)) throw cause;
    if (cause.code === 'SEARCH_TOO_BROAD') return answerFault('search-too-broad');
    return answerFault('search-unavailable', { 'Retry-After': '1' });
  }
}

/** `handling=lenient`, among whatever else is preferred. Strict is the default: RFC 7240 4.4. */
function asksLenient(prefer: string): boolean {
  return prefer.split(/[,;]/u).some((part) => /^\s*handling\s*=\s*"?lenient"?\s*$/iu.test(part));
}

function unsupportedHere(name: string): Issue {
  return {
    code: 'not-supported',
    diagnostics: `${quoted(name)}: this parameter is not supported here.`,
    expression: quoted(name),
  };
}

function issueOf(issue: SearchIssue): Issue {
  const code = issue.kind === 'value-bad' || issue.kind === 'repeated' ? 'value' : 'not-supported';
  const name = quoted(issue.parameter);
  if (name === '') return { code, diagnostics: issue.message };
  return { code, diagnostics: `${name}: ${issue.message}`, expression: name };
}

/** A parameter's name, short enough and printable, for a message to the one who sent it. */
function quoted(name: string): string {
  return name.replace(/[^\x20-\x7e]/gu, '?').slice(0, 100);
}
