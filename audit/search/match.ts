/**
 * The conditions of a query as an FTS5 expression over the tokens. Exact but for collisions of
 * hashes: an event meets the conditions if and only if its tokens match.
 *
 * Spec: https://sqlite.org/fts5.html#full_text_query_syntax
 */
import { fitsTerm, fitsText } from './check.ts';
import { searchFault } from './fault.ts';
import { everyEvent, missingToken } from './index-tokens.ts';
import type { Listing } from './listing.ts';
import { parameterByName } from './parameters.ts';
import type { Condition } from './query.ts';
import type { Tokens } from './tokens.ts';

/** What the tokens of an event must be like. */
export type Match =
  /** No condition at all. */
  | { readonly kind: 'everything' }
  /** No event can match. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'expression'; readonly expression: string };

/** Distinct values that one condition may stand for: beyond it a search is too broad. */
const maxValues = 5000;

interface Group {
  readonly tokens: readonly string[];
  /** The event must have none of them. */
  readonly negated: boolean;
}

/** @throws SearchFault `SEARCH_TOO_BROAD` when a text fits too many distinct values. */
export function matchOf(conditions: readonly Condition[], tokens: Tokens, listing: Listing): Match {
  const groups = conditions.map((condition) => groupOf(condition, tokens, listing));
  if (groups.some(({ tokens, negated }) => tokens.length === 0 && !negated)) {
    return { kind: 'nothing' };
  }
  const wanted = groups.filter((group) => !group.negated).map(anyOf);
  const unwanted = groups.flatMap((group) => (group.negated ? group.tokens : []));
  if (wanted.length === 0 && unwanted.length === 0) return { kind: 'everything' };
  const positive = wanted.length === 0 ? everyEvent : wanted.join(' AND ');
  const expression =
    unwanted.length === 0 ? positive : `(${positive}) NOT (${unwanted.join(' OR ')})`;
  return { kind: 'expression', expression };
}

function anyOf({ tokens }: Group): string {
  return `(${tokens.join(' OR ')})`;
}

function groupOf(condition: Condition, tokens: Tokens, listing: Listing): Group {
  const { parameter } = condition;
  switch (condition.kind) {
    case 'terms': {
      const isListed = parameterByName.get(parameter)?.index === 'listed';
      const found = isListed
        ? listing
            .find(parameter, (value) => condition.anyOf.some((pattern) => fitsTerm(value, pattern)))
            .map(({ token }) => token)
        : condition.anyOf.flatMap((pattern) => tokens.findTerm(parameter, pattern));
      return { tokens: bounded(found), negated: condition.negated };
    }
    case 'references': {
      const found = condition.anyOf.flatMap((pattern) => tokens.findReference(parameter, pattern));
      return { tokens: bounded(found), negated: false };
    }
    case 'texts': {
      const found = listing.find(parameter, ({ value }) =>
        condition.anyOf.some((wanted) => fitsText(value, wanted, condition.match)),
      );
      return { tokens: bounded(found.map(({ token }) => token)), negated: false };
    }
    case 'missing': {
      const { token, means } = missingToken(parameter);
      return { tokens: [token], negated: means !== condition.missing };
    }
  }
}

function bounded(tokens: readonly string[]): readonly string[] {
  if (tokens.length <= maxValues) return [...new Set(tokens)];
  throw searchFault('SEARCH_TOO_BROAD');
}
