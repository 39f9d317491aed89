/**
 * Turns the query of a FHIR search into a `SearchQuery`, or into the list of everything that is
 * wrong with it. Pure, and strict: what is not understood is refused by name, because an ignored
 * parameter would show a reviewer other events than those asked for.
 *
 * Spec: https://hl7.org/fhir/R4/search.html ; R4 AuditEvent search parameters.
 */
import { intersect, parseDateValue, unite } from './date.ts';
import { withoutVersion } from './facts.ts';
import { defaultCount, maxCount } from './query.ts';
import type { Clause, Interval, SearchQuery, Term } from './query.ts';

/** One thing that is wrong with a search. */
export interface SearchIssue {
  readonly kind: 'parameter-unsupported' | 'modifier-unsupported' | 'value-bad' | 'repeated';
  /** The parameter as sent, modifier included. Untrusted. */
  readonly parameter: string;
  /** A sentence without the value that was sent. */
  readonly message: string;
}

/** What became of the query text. */
export type ParsedSearch =
  | { readonly kind: 'ok'; readonly query: SearchQuery }
  | { readonly kind: 'refused'; readonly issues: readonly [SearchIssue, ...SearchIssue[]] };

/** What the parser must know about the deployment. */
export interface ParseOptions {
  /**
   * FHIR bases under which records may name resources absolutely (upstream, gateway), without
   * trailing slash: `Patient/1` then also finds `<base>/Patient/1`, and the other way round.
   */
  readonly bases?: readonly string[];
}

/** A search parameter as the CapabilityStatement declares it. */
export interface ParameterDeclaration {
  readonly name: string;
  readonly type: 'token' | 'date' | 'reference';
  readonly documentation: string;
}

/** Every search parameter that is supported, in the order of the documentation. */
export const searchParameters: readonly ParameterDeclaration[] = [
  { name: '_id', type: 'token', documentation: 'Id of the AuditEvent.' },
  {
    name: 'date',
    type: 'date',
    documentation:
      'AuditEvent.recorded; prefixes eq, ne, lt, gt, le, ge, sa, eb. Without a time zone: UTC.',
  },
  {
    name: 'patient',
    type: 'reference',
    documentation: 'The patient, as agent or entity: Patient/1, 1, or an absolute URL.',
  },
  { name: 'agent', type: 'reference', documentation: 'AuditEvent.agent.who.' },
  { name: 'outcome', type: 'token', documentation: '0, 4, 8 or 12.' },
  { name: 'action', type: 'token', documentation: 'C, R, U, D or E.' },
  {
    name: 'entity.identifier',
    type: 'token',
    documentation:
      'AuditEvent.entity.what.identifier as value, system|value or |value; finds the X-Request-Id.',
  },
];

/** Types that `AuditEvent.agent.who` may refer to in R4. */
const agentTypes = [
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Device',
  'Patient',
  'RelatedPerson',
];
const jsonFormats = new Set(['json', 'text/json', 'application/json', 'application/fhir+json']);
const maxParameters = 64;
const maxAlternatives = 256;

/** What one occurrence of a parameter contributes, or why it does not. */
type Part =
  | { readonly kind: 'clause'; readonly clause: Clause }
  | { readonly kind: 'within'; readonly within: readonly Interval[] }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'before'; readonly before: number }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'bad'; readonly expected: string };

/**
 * Parses a search. Never throws for anything in the query.
 *
 * @param raw The query, with or without `?`, still encoded; or already decoded pairs. Untrusted.
 */
export function parseSearch(
  raw: string | URLSearchParams,
  options: ParseOptions = {},
): ParsedSearch {
  const pairs = [...(typeof raw === 'string' ? new URLSearchParams(raw) : raw)];
  const issues: SearchIssue[] = [];
  const parts: Part[] = [];
  if (pairs.length > maxParameters) {
    issues.push(bad('', `A search may have ${String(maxParameters)} parameters.`));
  }
  for (const [name, value] of pairs.slice(0, maxParameters)) {
    const parser = parsers.get(name);
    if (parser === undefined) {
      issues.push(unsupported(name));
      continue;
    }
    const part = parser(value, options.bases ?? []);
    if (part.kind === 'bad') issues.push(bad(name, part.expected));
    else parts.push(part);
  }
  for (const name of ['_count', '_cursor']) {
    if (pairs.filter((pair) => pair[0] === name).length > 1) {
      issues.push({ kind: 'repeated', parameter: name, message: 'May be given once.' });
    }
  }
  const [first, ...rest] = issues;
  if (first !== undefined) return { kind: 'refused', issues: [first, ...rest] };
  return { kind: 'ok', query: combine(parts) };
}

function combine(parts: readonly Part[]): SearchQuery {
  const dates = parts.flatMap((part) => (part.kind === 'within' ? [part.within] : []));
  return {
    clauses: parts.flatMap((part) => (part.kind === 'clause' ? [part.clause] : [])),
    within: dates.length === 0 ? undefined : dates.reduce(intersect),
    count: parts.find((part) => part.kind === 'count')?.count ?? defaultCount,
    before: parts.find((part) => part.kind === 'before')?.before,
  };
}

function bad(parameter: string, expected: string): SearchIssue {
  return { kind: 'value-bad', parameter, message: expected };
}

function unsupported(parameter: string): SearchIssue {
  const [name = ''] = parameter.split(':');
  if (parameter !== name && parsers.has(name)) {
    return {
      kind: 'modifier-unsupported',
      parameter,
      message: 'No modifier is supported on this parameter.',
    };
  }
  return {
    kind: 'parameter-unsupported',
    parameter,
    message: 'This search parameter is not supported.',
  };
}

const parsers: ReadonlyMap<string, (value: string, bases: readonly string[]) => Part> = new Map([
  [
    '_id',
    (value: string): Part =>
      clause(
        '_id',
        alternatives(value, (text) => [{ value: text }]),
        'Expected an id.',
      ),
  ],
  ['date', (value: string): Part => parseDate(value)],
  [
    'patient',
    (value: string, bases: readonly string[]): Part =>
      clause(
        'patient',
        alternatives(value, (text) => reference(text, ['Patient'], bases)),
        'Expected Patient/<id>, an id, or an absolute URL of a Patient.',
      ),
  ],
  [
    'agent',
    (value: string, bases: readonly string[]): Part =>
      clause(
        'agent',
        alternatives(value, (text) => reference(text, agentTypes, bases)),
        `Expected <Type>/<id>, an id, or an absolute URL; the type one of ${agentTypes.join(', ')}.`,
      ),
  ],
  ['outcome', (value: string): Part => codeClause('outcome', value, ['0', '4', '8', '12'])],
  ['action', (value: string): Part => codeClause('action', value, ['C', 'R', 'U', 'D', 'E'])],
  [
    'entity.identifier',
    (value: string): Part =>
      clause(
        'entity.identifier',
        alternatives(value, token),
        'Expected <value>, <system>|<value> or |<value>.',
      ),
  ],
  ['_count', (value: string): Part => parseCount(value)],
  ['_cursor', (value: string): Part => parseCursor(value)],
  [
    '_format',
    (value: string): Part =>
      // An unencoded `+` in `application/fhir+json` arrives as a space.
      jsonFormats.has(value.replace(' ', '+'))
        ? { kind: 'nothing' }
        : { kind: 'bad', expected: 'Only JSON is available: application/fhir+json.' },
  ],
]);

function clause(
  parameter: Clause['parameter'],
  anyOf: readonly Term[] | undefined,
  expected: string,
): Part {
  return anyOf === undefined
    ? { kind: 'bad', expected }
    : { kind: 'clause', clause: { parameter, anyOf } };
}

/** Codes of a required binding: another one is a slip that must not look like "nothing found". */
function codeClause(
  parameter: 'outcome' | 'action',
  value: string,
  codes: readonly string[],
): Part {
  const terms = alternatives(value, (text) => {
    const parsed = token(text);
    return parsed?.every((term) => codes.includes(term.value)) === true ? parsed : undefined;
  });
  return clause(parameter, terms, `Expected one or more of ${codes.join(', ')}.`);
}

function parseDate(value: string): Part {
  const spans = splitAt(value, ',').map((text) => parseDateValue(text));
  const known = spans.filter((span) => span !== undefined);
  if (known.length !== spans.length || known.length > maxAlternatives) {
    return {
      kind: 'bad',
      expected:
        'Expected a FHIR date (2026, 2026-03, 2026-03-01, 2026-03-01T10:00:00Z), prefix eq, ne, lt, gt, le, ge, sa or eb.',
    };
  }
  return { kind: 'within', within: unite(known.flat()) };
}

function parseCount(value: string): Part {
  return /^[1-9]\d{0,8}$/u.test(value)
    ? { kind: 'count', count: Math.min(Number(value), maxCount) }
    : { kind: 'bad', expected: `Expected a number from 1 to ${String(maxCount)}.` };
}

/** The cursor is opaque to clients. It only narrows a search, so a made-up one does no harm. */
function parseCursor(value: string): Part {
  return /^[1-9]\d{0,14}$/u.test(value)
    ? { kind: 'before', before: Number(value) }
    : { kind: 'bad', expected: 'Expected the cursor of a next link.' };
}

/** Terms of the comma-separated alternatives; undefined when any of them is bad. */
function alternatives(
  value: string,
  parse: (text: string) => readonly Term[] | undefined,
): readonly Term[] | undefined {
  const texts = splitAt(value, ',');
  if (texts.length > maxAlternatives) return undefined;
  const terms: Term[] = [];
  for (const text of texts) {
    const parsed = text === '' ? undefined : parse(text);
    if (parsed === undefined) return undefined;
    terms.push(...parsed);
  }
  return terms;
}

function token(text: string): readonly Term[] | undefined {
  const [first = '', second, ...more] = splitAt(text, '|').map(unescape);
  if (more.length > 0) return undefined;
  if (second === undefined) return first === '' ? undefined : [{ value: first }];
  return second === '' ? undefined : [{ system: first, value: second }];
}

/** The forms in which a record may name the resource; see {@link ParseOptions.bases}. */
function reference(
  text: string,
  types: readonly string[],
  bases: readonly string[],
): readonly Term[] | undefined {
  const plain = withoutVersion(unescape(text));
  const under = bases.find((base) => plain.startsWith(`${base}/`));
  const local = under === undefined ? plain : plain.slice(under.length + 1);
  if (/^[a-z][a-z0-9+.-]*:/iu.test(local)) {
    const type = /\/([A-Za-z]+)\/[^/\s]+$/u.exec(local)?.[1];
    const known = type === undefined ? local.startsWith('urn:') : types.includes(type);
    return known ? [{ value: local }] : undefined;
  }
  const [, type, id] = /^(?:([A-Za-z]+)\/)?([^/\s?#|]+)$/u.exec(local) ?? [];
  if (id === undefined || (type !== undefined && !types.includes(type))) return undefined;
  return (type === undefined ? types : [type]).flatMap((name) =>
    ['', ...bases.map((base) => `${base}/`)].map((prefix) => ({ value: `${prefix}${name}/${id}` })),
  );
}

/** Splits at a separator that no backslash protects; keeps the escapes. */
function splitAt(text: string, separator: ',' | '|'): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === separator) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function unescape(text: string): string {
  return text.replace(/\\([\\,$|])/gu, '$1');
}
