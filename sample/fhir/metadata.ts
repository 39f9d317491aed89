/**
 * `metadata`: what the server can do, and where its authorization server is.
 *
 * Spec: FHIR R4 CapabilityStatement; SMART App Launch 1.0 "oauth-uris" (still read by many apps).
 */
import type { CapabilityStatement, Extension } from '@medplum/fhirtypes';
import { resourceTypes } from './definitions.ts';
import { supportedParameters } from './search/criterion.ts';

type Rest = NonNullable<CapabilityStatement['rest']>[number];
type RestResource = NonNullable<Rest['resource']>[number];

const interactions = [
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
  'create',
  'search-type',
] as const;

/** @param smart `.well-known/smart-configuration`; undefined when access is open. */
export function capabilityStatement(
  baseUrl: string,
  now: Date,
  smart: Readonly<Record<string, unknown>> | undefined,
): CapabilityStatement {
  const resource = resourceTypes().map(describe);
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: now.toISOString(),
    publisher: 'Chaperone',
    kind: 'instance',
    software: { name: 'Sample EHR of Chaperone' },
    implementation: { description: 'Synthetic data only', url: baseUrl },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    patchFormat: ['application/json-patch+json'],
    rest: [
      {
        mode: 'server',
        ...(smart === undefined ? {} : { security: security(smart) }),
        resource,
        interaction: [{ code: 'transaction' }, { code: 'batch' }, { code: 'history-system' }],
      },
    ],
  };
}

function describe(type: string): RestResource {
  const params = supportedParameters(type).map(({ code, type: kind }) => ({
    name: code,
    type: kind,
  }));
  const includes = params.filter(({ type: kind }) => kind === 'reference');
  return {
    type: type as RestResource['type'],
    interaction: interactions.map((code) => ({ code })),
    versioning: 'versioned-update',
    readHistory: true,
    updateCreate: true,
    conditionalCreate: true,
    conditionalRead: 'full-support',
    conditionalUpdate: true,
    conditionalDelete: 'single',
    referencePolicy: ['literal', 'enforced', 'local'],
    ...(includes.length === 0
      ? {}
      : { searchInclude: includes.map(({ name }) => `${type}:${name}`) }),
    ...(params.length === 0 ? {} : { searchParam: params }),
    ...(type === 'Patient' ? { operation: [everything] } : {}),
  };
}

const everything = {
  name: 'everything',
  definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
};

/** Names in the extension, and where the smart-configuration has them. */
const endpoints = {
  authorize: 'authorization_endpoint',
  token: 'token_endpoint',
  introspect: 'introspection_endpoint',
  revoke: 'revocation_endpoint',
} as const;

function security(smart: Readonly<Record<string, unknown>>): NonNullable<Rest['security']> {
  const uris = Object.entries(endpoints).flatMap(([url, name]): Extension[] => {
    const valueUri = smart[name];
    return typeof valueUri === 'string' ? [{ url, valueUri }] : [];
  });
  const system = 'http://terminology.hl7.org/CodeSystem/restful-security-service';
  return {
    cors: true,
    service: [{ coding: [{ system, code: 'SMART-on-FHIR' }], text: 'SMART on FHIR' }],
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: uris,
      },
    ],
  };
}
