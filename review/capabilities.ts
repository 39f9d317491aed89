/**
 * The CapabilityStatement of the review face: what it does, and nothing that it does not.
 *
 * Spec: https://hl7.org/fhir/R4/capabilitystatement.html
 */
import type { CapabilityStatement } from '@medplum/fhirtypes';
import { searchParameters } from '../audit/search/index.ts';

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
              'Read-only. Results come newest first (_sort=-date, or date), at most 1000 a page (_count, default 50; 0 or _summary=count: the total only), with a total when asked (_total). Parameters and modifiers that are not listed are refused, or under Prefer: handling=lenient ignored.',
            interaction: [{ code: 'read' }, { code: 'search-type' }],
            versioning: 'no-version',
            readHistory: false,
            searchParam: searchParameters.map(({ name, type, definition, documentation }) => ({
              name,
              ...(definition === undefined ? {} : { definition }),
              type,
              documentation,
            })),
          },
        ],
      },
    ],
  };
}
