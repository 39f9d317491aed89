/**
 * Whether a resource meets a criterion. Pure but for the look at other resources that chains take.
 *
 * Spec: FHIR R4 search, 3.1.1.4 "parameter types".
 */
import { folded } from '../../folded.ts';
import type { Resource } from '@medplum/fhirtypes';
import { valuesOf } from '../definitions.ts';
import type { Criterion } from './criterion.ts';
import { compare, dateRange, numberRange, splitPrefix } from './range.ts';
import {
  amountsOf,
  datesOf,
  referenceIdentifiers,
  referenceOf,
  stringsOf,
  textsOf,
  tokensOf,
  type Amount,
  type Token,
} from './values.ts';

/** What matching needs to know of everything else that is stored. */
export interface Surroundings {
  /** FHIR base of this server: a reference below it is a relative one. */
  readonly baseUrl: string;
  /** Current resource, as far as the one who asks may see it. */
  current(type: string, id: string): Resource | undefined;
  all(type: string): Iterable<Resource>;
}

/** Whether the resource meets the criterion. */
export function meets(resource: Resource, criterion: Criterion, around: Surroundings): boolean {
  switch (criterion.kind) {
    case 'value':
      return meetsValue(resource, criterion, around.baseUrl);
    case 'chain':
      return valuesOf(resource, criterion.param).some((value) => {
        const [type = '', id = ''] = relative(referenceOf(value) ?? '', around.baseUrl).split('/');
        const then = criterion.then.get(type);
        const target = then === undefined ? undefined : around.current(type, id);
        return then !== undefined && target !== undefined && meets(target, then, around);
      });
    case 'has': {
      const here = `${resource.resourceType}/${resource.id ?? ''}`;
      for (const other of around.all(criterion.type)) {
        const refers = valuesOf(other, criterion.param).some(
          (value) => relative(referenceOf(value) ?? '', around.baseUrl) === here,
        );
        if (refers && meets(other, criterion.then, around)) return true;
      }
      return false;
    }
  }
}

/** A reference without the base of this server. */
export function relative(reference: string, baseUrl: string): string {
  return reference.startsWith(`${baseUrl}/`) ? reference.slice(baseUrl.length + 1) : reference;
}

type ValueCriterion = Extract<Criterion, { kind: 'value' }>;

function meetsValue(resource: Resource, criterion: ValueCriterion, baseUrl: string): boolean {
  const having = valuesOf(resource, criterion.param);
  if (criterion.modifier === 'missing') {
    return (having.length === 0) === (criterion.values[0] === 'true');
  }
  const found = having.some((value) =>
    criterion.values.some((asked) => equal(value, asked, criterion, baseUrl)),
  );
  return criterion.modifier === 'not' ? !found : found;
}

function equal(value: unknown, asked: string, criterion: ValueCriterion, baseUrl: string): boolean {
  switch (criterion.param.type) {
    case 'string':
      return stringsOf(value).some((text) => equalString(text, asked, criterion.modifier));
    case 'uri':
      return criterion.modifier === 'below'
        ? typeof value === 'string' && value.startsWith(asked)
        : value === asked;
    case 'token':
      return criterion.modifier === 'text'
        ? textsOf(value).some((text) => folded(text).includes(folded(asked)))
        : tokensOf(value).some((token) => equalToken(token, asked));
    case 'reference':
      return equalReference(value, asked, criterion.modifier, baseUrl);
    case 'date':
      return equalDate(value, asked);
    case 'number':
    case 'quantity':
      return amountsOf(value).some((amount) => equalAmount(amount, asked));
    case 'composite':
    case 'special':
      return false;
  }
}

function equalString(text: string, asked: string, modifier: string | undefined): boolean {
  if (modifier === 'exact') return text === asked;
  const [having, wanted] = [folded(text), folded(asked)];
  return modifier === 'contains' ? having.includes(wanted) : having.startsWith(wanted);
}

function equalToken(token: Token, asked: string): boolean {
  const bar = asked.indexOf('|');
  if (bar < 0) return token.value === asked;
  const system = asked.slice(0, bar);
  const value = asked.slice(bar + 1);
  if (value !== '' && token.value !== value) return false;
  // The system of a plain code is the one of its element, which we do not know.
  return token.implied || (system === '' ? token.system === undefined : token.system === system);
}

function equalReference(
  value: unknown,
  asked: string,
  modifier: string | undefined,
  baseUrl: string,
): boolean {
  if (modifier === 'identifier') {
    return referenceIdentifiers(value).some((token) => equalToken(token, asked));
  }
  const reference = relative(referenceOf(value) ?? '', baseUrl);
  const wanted = relative(asked, baseUrl);
  if (wanted.includes('/') || wanted.includes(':')) return reference === wanted;
  const [type = '', id, more] = reference.split('/');
  return id === wanted && more === undefined && (modifier === undefined || modifier === type);
}

function equalDate(value: unknown, asked: string): boolean {
  const [prefix, rest] = splitPrefix(asked);
  const wanted = dateRange(rest);
  return wanted !== undefined && datesOf(value).some((range) => compare(prefix, range, wanted));
}

function equalAmount(amount: Amount, asked: string): boolean {
  const [prefix, rest] = splitPrefix(asked);
  const [number = '', system = '', code = ''] = rest.split('|');
  if (system !== '' && amount.system !== system) return false;
  if (code !== '' && amount.code !== code && amount.unit !== code) return false;
  const exact = { from: amount.value, to: amount.value };
  const about = numberRange(number);
  if (about === undefined) return false;
  // "eq" and "ne" go by the precision that was written, the others by the number itself.
  const isByPrecision = prefix === 'eq' || prefix === 'ne' || prefix === 'ap';
  const wanted = isByPrecision ? about : { from: Number(number), to: Number(number) };
  return compare(prefix, exact, wanted);
}
