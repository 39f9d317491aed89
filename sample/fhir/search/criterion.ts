/**
 * One search parameter of a request, understood: `code=8867-4`, `subject:Patient.name=nu`,
 * `_has:Observation:patient:code=8867-4`. What is not understood is refused, as HAPI does.
 *
 * Spec: FHIR R4 search, 3.1.1.4 "parameter types", 3.1.1.4.8 chaining.
 */
import { splitSearchOnComma } from '@medplum/core';
import type { SearchParameter } from '@medplum/fhirtypes';
import { isResourceType, searchParameter, searchParameters } from '../definitions.ts';
import { problem } from '../problem.ts';
import { dateRange, numberRange, splitPrefix } from './range.ts';

/** A condition that a resource meets or not. The values are alternatives. */
export type Criterion =
  | {
      readonly kind: 'value';
      readonly param: SearchParameter;
      readonly modifier: string | undefined;
      readonly values: readonly string[];
    }
  | {
      readonly kind: 'chain';
      readonly param: SearchParameter;
      /** By the type that the reference leads to. */
      readonly then: ReadonlyMap<string, Criterion>;
    }
  | {
      /** Some resource of `type` refers here by `param` and meets `then`. */
      readonly kind: 'has';
      readonly type: string;
      readonly param: SearchParameter;
      readonly then: Criterion;
    };

const modifiers: Readonly<Partial<Record<string, readonly string[]>>> = {
  string: ['exact', 'contains'],
  token: ['not', 'text'],
  reference: ['identifier'],
  uri: ['below'],
  date: [],
  number: [],
  quantity: [],
};

/** The search parameters of a type that the server can evaluate. */
export function supportedParameters(type: string): readonly SearchParameter[] {
  return searchParameters(type).filter((param) => modifiers[param.type] !== undefined);
}

/** @throws OperationOutcomeError (400) when the parameter or its value is not understood. */
export function parseCriterion(type: string, key: string, value: string): Criterion {
  if (key.startsWith('_has:')) return reverseChain(key, value);
  const dot = key.indexOf('.');
  const [code = '', modifier] = (dot < 0 ? key : key.slice(0, dot)).split(':');
  const param = known(type, code);
  if (dot >= 0) return chain(param, modifier, key.slice(dot + 1), value);
  if (modifier !== undefined && modifier !== 'missing') checkModifier(param, modifier);
  const values = splitSearchOnComma(value);
  if (modifier === 'missing' && value !== 'true' && value !== 'false') {
    throw problem('bad-request', `:missing of "${code}" is true or false.`);
  }
  if (modifier !== 'missing') for (const one of values) checkValue(param, one);
  return { kind: 'value', param, modifier, values };
}

function known(type: string, code: string): SearchParameter {
  const param = searchParameter(type, code);
  if (param !== undefined && modifiers[param.type] !== undefined) return param;
  const valid = supportedParameters(type).map((one) => one.code);
  throw problem(
    'bad-request',
    `Unknown search parameter "${code}" for resource type "${type}". Valid search parameters for this search are: [${valid.sort().join(', ')}]`,
  );
}

function checkModifier(param: SearchParameter, modifier: string): void {
  if (modifiers[param.type]?.includes(modifier) === true) return;
  if (param.type === 'reference' && isResourceType(modifier)) return;
  throw problem('bad-request', `Modifier ":${modifier}" is not supported for "${param.code}".`);
}

function checkValue(param: SearchParameter, value: string): void {
  const [, rest] = splitPrefix(value);
  const amount = rest.split('|')[0] ?? '';
  if (param.type === 'date' && dateRange(rest) === undefined) {
    throw problem('bad-request', `Invalid date in search parameter "${param.code}".`);
  }
  const isNumeric = param.type === 'number' || param.type === 'quantity';
  if (isNumeric && numberRange(amount) === undefined) {
    throw problem('bad-request', `Invalid number in search parameter "${param.code}".`);
  }
}

function chain(
  param: SearchParameter,
  only: string | undefined,
  rest: string,
  value: string,
): Criterion {
  if (param.type !== 'reference') {
    throw problem('bad-request', `"${param.code}" is no reference and cannot be chained.`);
  }
  const next = rest.split(/[.:]/)[0] ?? '';
  const targets = only === undefined ? (param.target ?? []) : [only];
  const then = new Map<string, Criterion>();
  for (const target of targets) {
    if (searchParameter(target, next) === undefined) continue;
    then.set(target, parseCriterion(target, rest, value));
  }
  if (then.size === 0) {
    throw problem('bad-request', `Invalid chain: no target of "${param.code}" has "${next}".`);
  }
  return { kind: 'chain', param, then };
}

function reverseChain(key: string, value: string): Criterion {
  const [, type = '', code = '', ...rest] = key.split(':');
  if (!isResourceType(type)) throw problem('bad-request', 'Unknown resource type in "_has".');
  const then = parseCriterion(type, rest.join(':'), value);
  return { kind: 'has', type, param: known(type, code), then };
}
