/**
 * Turns the query of a FHIR search into a `SearchQuery`, or into the list of everything that is
 * wrong with it. Pure, and strict unless told otherwise: what is not understood is refused by name,
 * because an ignored parameter would show a reviewer other events than those asked for.
 *
 * Spec: https://hl7.org/fhir/R4/search.html
 */
import { intersect } from './date.ts';
import { parameterByName, resultParameters } from './parameters.ts';
import { parseCondition } from './parse-condition.ts';
import type { ParsedCondition } from './parse-condition.ts';
import { parseResult } from './parse-result.ts';
import type { ParsedResult } from './parse-result.ts';
import { defaultCount } from './query.ts';
import type { SearchQuery } from './query.ts';

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
  | {
      readonly kind: 'ok';
      readonly query: SearchQuery;
      /** What was left out, under lenient handling; otherwise empty. */
      readonly ignored: readonly SearchIssue[];
    }
  | { readonly kind: 'refused'; readonly issues: readonly [SearchIssue, ...SearchIssue[]] };

/** What the parser must know about the deployment and the client. */
export interface ParseOptions {
  /**
   * FHIR bases under which records may name resources absolutely (upstream, gateway), without
   * trailing slash: `Patient/1` then also finds `<base>/Patient/1`, and the other way round.
   */
  readonly bases?: readonly string[];
  /** `Prefer: handling=lenient`: parameters and modifiers that are not supported are ignored. */
  readonly isLenient?: boolean;
}

const maxParameters = 64;

type Part = Exclude<ParsedCondition | ParsedResult, { kind: 'bad' }>;

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
  const issues: SearchIssue[] = repeated(pairs);
  const parts: Part[] = [];
  if (pairs.length > maxParameters) {
    issues.push(bad('', `A search may have ${String(maxParameters)} parameters.`));
  }
  for (const [name, value] of pairs.slice(0, maxParameters)) {
    const parsed = parseOne(name, value, options.bases ?? []);
    if (parsed.kind === 'unsupported') issues.push(parsed.issue);
    else if (parsed.kind === 'bad') issues.push(bad(name, parsed.expected));
    else parts.push(parsed);
  }
  const canIgnore = (issue: SearchIssue): boolean =>
    options.isLenient === true && issue.kind.endsWith('unsupported');
  const [first, ...rest] = issues.filter((issue) => !canIgnore(issue));
  if (first !== undefined) return { kind: 'refused', issues: [first, ...rest] };
  return { kind: 'ok', query: combine(parts), ignored: issues };
}

type ParsedPart =
  ParsedCondition | ParsedResult | { readonly kind: 'unsupported'; readonly issue: SearchIssue };

function parseOne(parameter: string, value: string, bases: readonly string[]): ParsedPart {
  const result = parseResult(parameter, value);
  if (result !== undefined) return result;
  const [name = '', modifier = '', ...more] = parameter.split(':');
  const declaration = parameterByName.get(name);
  if (declaration === undefined) return unsupportedName(parameter, name);
  const isPlain = parameter === name;
  // A reference to any type takes any type as a modifier.
  const isType = declaration.type === 'reference' && declaration.targets === undefined;
  const isKnown =
    declaration.modifiers.includes(modifier) || (isType && /^[A-Z][A-Za-z]+$/u.test(modifier));
  if (!isPlain && (!isKnown || more.length > 0)) {
    const known = declaration.modifiers.map((one) => `:${one}`).join(', ');
    const message =
      known === ''
        ? 'No modifier is supported on this parameter.'
        : `This modifier is not supported here. Supported: ${known}.`;
    return { kind: 'unsupported', issue: { kind: 'modifier-unsupported', parameter, message } };
  }
  return parseCondition(declaration, modifier, value, bases);
}

function unsupportedName(parameter: string, name: string): ParsedPart {
  const isResult = resultParameters.includes(name);
  return {
    kind: 'unsupported',
    issue: {
      kind: isResult ? 'modifier-unsupported' : 'parameter-unsupported',
      parameter,
      message: isResult
        ? 'No modifier is supported on this parameter.'
        : 'This search parameter is not supported.',
    },
  };
}

function repeated(pairs: readonly (readonly [string, string])[]): SearchIssue[] {
  return resultParameters
    .filter((name) => name !== '_format' && pairs.filter((pair) => pair[0] === name).length > 1)
    .map((parameter) => ({ kind: 'repeated', parameter, message: 'May be given once.' }));
}

function combine(parts: readonly Part[]): SearchQuery {
  const counts = parts.flatMap((part) => (part.kind === 'count' ? [part.count] : []));
  const dates = parts.flatMap((part) => (part.kind === 'within' ? [part.within] : []));
  // `_summary=count` and `_count=0` are the same, whatever else is said.
  const count = counts.length === 0 ? defaultCount : Math.min(...counts);
  return {
    conditions: parts.flatMap((part) => (part.kind === 'condition' ? [part.condition] : [])),
    within: dates.length === 0 ? undefined : dates.reduce(intersect),
    order: parts.find((part) => part.kind === 'order')?.order ?? 'newest-first',
    count,
    total: count === 0 || (parts.find((part) => part.kind === 'total')?.total ?? false),
    after: parts.find((part) => part.kind === 'after')?.after,
  };
}

function bad(parameter: string, expected: string): SearchIssue {
  return { kind: 'value-bad', parameter, message: expected };
}
