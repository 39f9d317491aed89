/**
 * A coarse class of data for each resource type, so that a reviewer can ask "who saw diagnoses"
 * without knowing FHIR. By type alone; security labels are recorded beside it.
 */

import type { vocabulary } from './vocabulary.ts';

/** The classes; `docs/vocabulary.md` says what each means. */
export type DataCategory = keyof typeof vocabulary.dataCategories.codes;

const types: Readonly<Record<DataCategory, string>> = {
  demographics: 'Patient Person RelatedPerson Group',
  diagnoses: 'Condition ClinicalImpression DetectedIssue RiskAssessment Flag AdverseEvent',
  allergies: 'AllergyIntolerance',
  results: 'Observation DiagnosticReport ImagingStudy Media Specimen BodyStructure',
  medications:
    'Medication MedicationAdministration MedicationDispense MedicationKnowledge ' +
    'MedicationRequest MedicationStatement VisionPrescription',
  procedures: 'Procedure ServiceRequest NutritionOrder SupplyRequest SupplyDelivery',
  immunizations: 'Immunization ImmunizationEvaluation ImmunizationRecommendation',
  encounters: 'Encounter EpisodeOfCare Appointment AppointmentResponse Schedule Slot',
  'care-plans': 'CarePlan CareTeam Goal RequestGroup Task GuidanceResponse List',
  documents: 'Binary Bundle Composition DocumentManifest DocumentReference',
  'family-history': 'FamilyMemberHistory',
  questionnaires: 'QuestionnaireResponse',
  genomics: 'MolecularSequence',
  consents: 'Consent Contract',
  billing:
    'Account ChargeItem Claim ClaimResponse Coverage CoverageEligibilityRequest ' +
    'CoverageEligibilityResponse EnrollmentRequest EnrollmentResponse ExplanationOfBenefit ' +
    'InsurancePlan Invoice PaymentNotice PaymentReconciliation',
  communication: 'Communication CommunicationRequest',
  research: 'ResearchStudy ResearchSubject',
  devices: 'Device DeviceMetric DeviceRequest DeviceUseStatement',
  audit: 'AuditEvent Provenance',
  directory:
    'Endpoint HealthcareService Location Organization OrganizationAffiliation Practitioner ' +
    'PractitionerRole',
  definitions:
    'ActivityDefinition CapabilityStatement CodeSystem ConceptMap DeviceDefinition Library ' +
    'Measure NamingSystem OperationDefinition PlanDefinition Questionnaire SearchParameter ' +
    'StructureDefinition StructureMap Subscription ValueSet',
  other: 'MeasureReport Basic',
};

const byType = new Map<string, DataCategory>();
for (const [category, names] of Object.entries(types)) {
  for (const name of names.split(' ')) byType.set(name, category as DataCategory);
}

/** The class of a resource type; `other` for one that is not listed. */
export function dataCategory(resourceType: string): DataCategory {
  return byType.get(resourceType) ?? 'other';
}
