/**
 * The CapabilityStatement of the review face: what it does, and nothing that it does not.
 *
 * Spec: https://hl7.org/fhir/R4/capabilitystatement.html
 */
import type { CapabilityStatement } from '@medplum/fhirtypes';
import { searchParameters } from '../audit/search/index.ts';

/** Definitions of the parameters that the specification has, by name. */
const definitions: Readonly<Record<string, string>> = {
  _id: 'http://hl7.org/fhir/SearchParameter/Resource-id',
  date: 'http://hl7.org/fhir/SearchParameter/AuditEvent-date',
  patient: 'http://hl7.org/fhir/SearchParameter/AuditEvent-patient',
  agent: 'http://hl7.org/fhir/SearchParameter/AuditEvent-agent',
  outcome: 'http://hl7.org/fhir/SearchParameter/AuditEvent-outcome',
  action: 'http://hl7.org/fhir/SearchParameter/AuditEvent-action',
};

/** @param startedAt ISO 8601 UTC: since when this statement holds. */
export function capabilityStatement(
  publicBase: string,
  softwareVersion: string,
  startedAt: string,
): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: startedAt,
    kind: 'instance',
    software: { name: 'Chaperone review face', version: softwareVersion },
    implementation: { description: 'The record of accesses, for review', url: publicBase },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        security: {
          description:
            'Authorization: Bearer with the token of a named reader. Every access is recorded before it is answered.',
        },
        resource: [
          {
            type: 'AuditEvent',
            documentation:
              'Read-only. Results come newest first, at most 1000 a page (_count, default 50), without a total. Parameters and modifiers that are not listed are refused.',
            interaction: [{ code: 'read' }, { code: 'search-type' }],
            versioning: 'no-version',
            readHistory: false,
            searchParam: searchParameters.map(({ name, type, documentation }) => ({
              name,
              ...(definitions[name] === undefined ? {} : { definition: definitions[name] }),
              type,
              documentation,
            })),
          },
        ],
      },
    ],
  };
}
