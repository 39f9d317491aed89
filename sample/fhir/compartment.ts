/**
 * The patient compartment: which resources are about a patient.
 *
 * Spec: https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
import type { DocumentReference, Resource } from '@medplum/fhirtypes';
import { patientParameters, searchParameter, valuesOf } from './definitions.ts';
import { relative, type Surroundings } from './search/match.ts';
import { referenceOf } from './search/values.ts';

/** Whether the resources of a type belong to patients at all. */
export function isPatientType(type: string): boolean {
  return type === 'Binary' || patientParameters(type) !== undefined;
}

/** Whether the resource is in the compartment of this patient. */
export function isOfPatient(resource: Resource, patient: string, around: Surroundings): boolean {
  const type = resource.resourceType;
  if (type === 'Patient') return resource.id === patient;
  if (type === 'Binary') return isBinaryOf(resource, patient, around);
  const wanted = `Patient/${patient}`;
  return (patientParameters(type) ?? []).some((code) => {
    const param = searchParameter(type, code);
    return (
      param !== undefined &&
      valuesOf(resource, param).some(
        (value) => relative(referenceOf(value) ?? '', around.baseUrl) === wanted,
      )
    );
  });
}

/** A Binary has no subject: it is of the patient whose document it is. */
function isBinaryOf(
  {
    id,
    securityContext,
  }: Resource & { readonly securityContext?: { readonly reference?: string } },
  patient: string,
  around: Surroundings,
): boolean {
  if (securityContext?.reference === `Patient/${patient}`) return true;
  for (const document of around.all('DocumentReference')) {
    const { content } = document as DocumentReference;
    const holds = content.some(
      ({ attachment }) => relative(attachment.url ?? '', around.baseUrl) === `Binary/${id ?? ''}`,
    );
    if (holds && isOfPatient(document, patient, around)) return true;
  }
  return false;
}
