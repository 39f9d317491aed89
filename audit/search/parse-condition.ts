/** One search parameter with its modifier and value, as a condition. Pure. */
import { parseDateValue, unite } from './date.ts';
import { actionSystem, outcomeSystem } from './facts.ts';
import type { ParameterDeclaration } from './parameters.ts';
import type { Condition, Interval, TermPattern } from './query.ts';
import {
  maxAlternatives,
  parseAlternatives,
  parseReferenceValue,
  parseText,
  parseToken,
} from './values.ts';

/** What a parameter asks for, or what would have been expected of its value. */
export type ParsedCondition =
  | { readonly kind: 'condition'; readonly condition: Condition }
  | { readonly kind: 'within'; readonly within: readonly Interval[] }
  | { readonly kind: 'bad'; readonly expected: string };

const bad = (expected: string): ParsedCondition => ({ kind: 'bad', expected });

/**
 * Parses a parameter whose modifier is one of those that its declaration has.
 *
 * @param modifier `''` when there is none.
 * @param value Untrusted.
 * @param bases See `ParseOptions.bases`.
 */
export function parseCondition(
  declaration: ParameterDeclaration,
  modifier: string,
  value: string,
  bases: readonly string[],
): ParsedCondition {
  if (modifier === 'missing') return missing(declaration.name, value);
  switch (declaration.type) {
    case 'token':
      return tokens(declaration, modifier === 'not', value);
    case 'reference':
      return modifier === 'identifier'
        ? identifiers(`${declaration.name}.identifier`, value)
        : references(declaration, modifier === '' ? undefined : modifier, value, bases);
    case 'string': {
      const match = modifier === 'exact' || modifier === 'contains' ? modifier : 'starts';
      return texts(declaration.name, match, value);
    }
    case 'uri':
      return uris(declaration.name, value);
    case 'date':
      return dates(value);
  }
}

function missing(parameter: string, value: string): ParsedCondition {
  if (value !== 'true' && value !== 'false') return bad('Expected true or false.');
  return {
    kind: 'condition',
    condition: { kind: 'missing', parameter, missing: value === 'true' },
  };
}

function tokens(
  { name, codes }: ParameterDeclaration,
  negated: boolean,
  value: string,
): ParsedCondition {
  const anyOf = parseAlternatives(value, (text) => {
    const pattern = parseToken(text);
    return pattern === undefined || codes === undefined || isOneOf(name, codes, pattern)
      ? pattern
      : undefined;
  });
  if (anyOf !== undefined) {
    return { kind: 'condition', condition: { kind: 'terms', parameter: name, negated, anyOf } };
  }
  return bad(
    codes === undefined
      ? 'Expected <code>, <system>|<code>, |<code> or <system>|.'
      : `Expected one or more of ${codes.join(', ')}.`,
  );
}

/** Another code of a required binding is a slip that must not look like "nothing found". */
function isOneOf(name: string, codes: readonly string[], { system, value }: TermPattern): boolean {
  const implied = name === 'action' ? actionSystem : outcomeSystem;
  const fits = system === undefined || system === '' || system === implied;
  return fits && (value === undefined || codes.includes(value));
}

function identifiers(parameter: string, value: string): ParsedCondition {
  const anyOf = parseAlternatives(value, parseToken);
  if (anyOf === undefined) return bad('Expected <value>, <system>|<value>, |<value> or <system>|.');
  return { kind: 'condition', condition: { kind: 'terms', parameter, negated: false, anyOf } };
}

function references(
  { name, targets }: ParameterDeclaration,
  type: string | undefined,
  value: string,
  bases: readonly string[],
): ParsedCondition {
  const rules = { targets, type, bases };
  const anyOf = parseAlternatives(value, (text) => parseReferenceValue(text, rules));
  if (anyOf !== undefined) {
    return { kind: 'condition', condition: { kind: 'references', parameter: name, anyOf } };
  }
  const types = type ?? targets?.join(', ') ?? 'any type of resource';
  return bad(`Expected <Type>/<id>, an id, or an absolute URL; the type: ${types}.`);
}

function texts(
  parameter: string,
  match: 'starts' | 'exact' | 'contains',
  value: string,
): ParsedCondition {
  const anyOf = parseAlternatives(value, parseText);
  if (anyOf === undefined) return bad('Expected a text; a comma in it is written \\,.');
  return { kind: 'condition', condition: { kind: 'texts', parameter, match, anyOf } };
}

function uris(parameter: string, value: string): ParsedCondition {
  const anyOf = parseAlternatives(value, (text) => ({
    system: undefined,
    value: parseText(text),
  }));
  if (anyOf === undefined) return bad('Expected a URI.');
  return { kind: 'condition', condition: { kind: 'terms', parameter, negated: false, anyOf } };
}

function dates(value: string): ParsedCondition {
  const spans = value.split(',').map((text) => parseDateValue(text));
  const known = spans.filter((span) => span !== undefined);
  if (known.length !== spans.length || known.length > maxAlternatives) {
    return bad(
      'Expected a FHIR date (2026, 2026-03, 2026-03-01, 2026-03-01T10:00:00Z), prefix eq, ne, lt, gt, le, ge, sa or eb.',
    );
  }
  return { kind: 'within', within: unite(known.flat()) };
}
