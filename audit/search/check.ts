/**
 * The re-check: whether a record itself meets a query. The index only proposes; a collision of
 * hashes, or an index file that somebody changed, cannot add an event to an answer. Pure.
 */
import { visitFacts } from './facts.ts';
import type { EventHead } from './facts.ts';
import { fold } from './fold.ts';
import { isWithin } from './query.ts';
import type {
  Condition,
  Reference,
  ReferencePattern,
  SearchQuery,
  Term,
  TermPattern,
  TextMatch,
} from './query.ts';

interface Values {
  readonly terms: Map<string, Term[]>;
  readonly references: Map<string, Reference[]>;
  readonly present: Set<string>;
}

/** Id and instant of the record when it meets the query; undefined when it does not. */
export function checkRecord(text: string, query: SearchQuery): EventHead | undefined {
  const values: Values = { terms: new Map(), references: new Map(), present: new Set() };
  const head = visitFacts(text, {
    term: (parameter, system, value) => {
      add(values.terms, parameter, { system, value });
    },
    reference: (parameter, reference) => {
      add(values.references, parameter, reference);
    },
    present: (parameter) => {
      values.present.add(parameter);
    },
  });
  if (head === undefined) return undefined;
  if (query.within !== undefined && !isWithin(head.recordedMs, query.within)) return undefined;
  return query.conditions.every((condition) => meets(values, condition)) ? head : undefined;
}

function add<T>(map: Map<string, T[]>, parameter: string, value: T): void {
  const list = map.get(parameter);
  if (list === undefined) map.set(parameter, [value]);
  else list.push(value);
}

function meets(values: Values, condition: Condition): boolean {
  const terms = values.terms.get(condition.parameter) ?? [];
  const references = values.references.get(condition.parameter) ?? [];
  switch (condition.kind) {
    case 'terms':
      return (
        condition.negated !==
        condition.anyOf.some((pattern) => terms.some((term) => fitsTerm(term, pattern)))
      );
    case 'references':
      return condition.anyOf.some((pattern) =>
        references.some((reference) => fitsReference(reference, pattern)),
      );
    case 'texts':
      return condition.anyOf.some((wanted) =>
        terms.some((term) => fitsText(term.value, wanted, condition.match)),
      );
    case 'missing': {
      const hasValue = terms.length + references.length > 0;
      return condition.missing !== (hasValue || values.present.has(condition.parameter));
    }
  }
}

/** True when a value of an event fits a pattern. */
export function fitsTerm(term: Term, { system, value }: TermPattern): boolean {
  return (
    (value === undefined || value === term.value) &&
    (system === undefined || system === (term.system ?? ''))
  );
}

function fitsReference(reference: Reference, { bases, type, id }: ReferencePattern): boolean {
  return (
    reference.id === id &&
    (type === undefined || type === reference.type) &&
    bases.includes(reference.base)
  );
}

/** True when a text of an event fits what is looked for. */
export function fitsText(text: string, wanted: string, match: TextMatch): boolean {
  switch (match) {
    case 'exact':
      return text === wanted;
    case 'starts':
      return fold(text).startsWith(fold(wanted));
    case 'contains':
      return fold(text).includes(fold(wanted));
  }
}
