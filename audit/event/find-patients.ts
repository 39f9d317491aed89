/**
 * Finds the patients of one exchange in everything that is known of it: path, parameters, request
 * body, answer, and as the last resort the launch context of the token. Pure.
 *
 * Spec: IHE BALP 1.1.4 volume 1, "Patient as the subject"; FHIR R4 compartmentdefinition-patient.
 */
import type { Identity } from '../../smart/index.ts';
import type { AnswerFacts } from './exchange.ts';
import { isObject, type JsonObject } from './fhir.ts';
import type { Interaction } from './interaction.ts';
import {
  addPatient,
  addTouch,
  noPatients,
  type PatientName,
  type PatientSet,
  type PatientWay,
} from './patients.ts';
import { parseToken, patientIdentifiers, readLocation, readReference } from './reference.ts';
import { requestJson, searchParameters } from './request-body.ts';
import { relativeReference } from './text.ts';
import { decodeText, parseParameters, splitOr, type Parameter } from './url.ts';
import { mayConcernPatient, walkBody, walkLocation, walkPatch } from './walk.ts';
import { claimsOf, upstreamAnswer, type ExchangeSoFar } from './exchange-so-far.ts';

/** Search parameters whose bare ids can only, or will nearly always, be of patients. */
const patientParameters = new Set(['patient', 'subject', 'beneficiary']);

function fromParameter(
  { name, value }: Parameter,
  type: string | undefined,
  base: string,
): readonly PatientName[] {
  const [code = '', modifier = ''] = name.split(':', 2);
  const ofPatients = type === 'Patient';
  const found: PatientName[] = [];
  const isToken =
    (ofPatients && name === 'identifier') ||
    /^(?:patient|subject|beneficiary)(?::Patient)?[.:]identifier$/.test(name);
  for (const part of splitOr(value)) {
    if (isToken) {
      const identifier = parseToken(part);
      if (identifier !== undefined) found.push({ identifier });
      continue;
    }
    const isBareId =
      (modifier === '' || modifier === 'Patient') &&
      (patientParameters.has(code) || modifier === 'Patient' || (ofPatients && code === '_id'));
    if (isBareId && /^[^/:|?#\s]+$/.test(part)) {
      found.push({ reference: relativeReference('Patient', part) });
    } else if (modifier === '' || modifier === 'Patient') {
      const target = readReference(part, base);
      if (target.kind === 'patient') found.push({ reference: target.reference });
    }
  }
  return found;
}

/** Patients named by search parameters. Negated ones (`:not`, `:missing`) name nobody. */
function addParameters(
  set: PatientSet,
  parameters: readonly Parameter[],
  type: string | undefined,
  base: string,
): void {
  for (const parameter of parameters) {
    for (const name of fromParameter(parameter, type, base)) addPatient(set, name, 'parameter');
  }
}

/** `Patient/1` anywhere in the path, also where the interaction is not understood. */
function addPath(set: PatientSet, path: string | undefined): void {
  const segments = path?.split('/') ?? [];
  for (const [at, segment] of segments.entries()) {
    const id = segment === 'Patient' ? decodeText(segments[at + 1] ?? '') : '';
    if (id === '' || /^[$_*]/.test(id)) continue;
    addPatient(set, { reference: relativeReference('Patient', id) }, 'url');
  }
}

/** The id of a Patient that is created is the server's to give: the body's own means nothing. */
function addCreatedPatient(
  set: PatientSet,
  body: JsonObject,
  answer: AnswerFacts | undefined,
): void {
  const identifiers = patientIdentifiers(body);
  const location = readLocation(answer?.headers['location'] ?? answer?.headers['content-location']);
  if (location?.type === 'Patient') {
    const name = { reference: relativeReference('Patient', location.id), identifiers };
    addPatient(set, name, 'request-body').ways.add('answer');
  } else {
    const [identifier] = identifiers;
    if (identifier !== undefined) addPatient(set, { identifier }, 'request-body');
  }
}

function addRequestBody(
  set: PatientSet,
  exchange: ExchangeSoFar,
  interaction: Interaction,
  base: string,
): void {
  if (interaction.kind === 'search' || exchange.request.body === undefined) return;
  const json = requestJson(exchange.request);
  const walk = { patients: set, way: 'request-body' as PatientWay, base };
  if (exchange.request.method === 'PATCH') walkPatch(json, walk);
  else if (interaction.kind === 'create' && isObject(json) && json['resourceType'] === 'Patient') {
    addCreatedPatient(set, json, upstreamAnswer(exchange.answer));
  } else walkBody(json, walk);
}

/** The patient of the launch, if the token may be believed that far. */
function launchPatient(identity: Identity): string | undefined {
  if (identity.kind === 'invalid' || identity.kind === 'unverified-rejected') return undefined;
  const patient = claimsOf(identity)?.patient;
  return patient === '' ? undefined : patient;
}

/** True when the token opens one patient's data only. */
function isLimitedToPatient(identity: Identity): boolean {
  const scopes = claimsOf(identity)?.scopes ?? [];
  return (
    scopes.some((scope) => scope.startsWith('patient/')) &&
    !scopes.some((scope) => scope.startsWith('user/') || scope.startsWith('system/'))
  );
}

/** The resource type that a request names, if it names one. */
export function requestedType(interaction: Interaction): string | undefined {
  return 'type' in interaction ? interaction.type : undefined;
}

/**
 * Finds the patients. The launch patient counts for searches when the token is limited to it, and
 * otherwise only when nothing else is known and the type is one that concerns patients.
 */
export function findPatients(
  exchange: ExchangeSoFar,
  interaction: Interaction,
  base: string,
): PatientSet {
  const set = noPatients();
  const { request, identity } = exchange;
  const type = requestedType(interaction);
  if (type !== undefined) addTouch(set.general, type, []);
  if (interaction.kind === 'capabilities') return set;
  addPath(set, request.path);
  const isForm = interaction.kind === 'search';
  const parameters = isForm ? searchParameters(request) : parseParameters(request.query);
  addParameters(set, parameters, type, base);
  const condition = request.headers['if-none-exist'];
  if (condition !== undefined) {
    addParameters(set, parseParameters(condition.replace(/^[^?]*\?/, '')), type, base);
  }
  addRequestBody(set, exchange, interaction, base);
  const answer = upstreamAnswer(exchange.answer);
  if (answer !== undefined) {
    const walk = { patients: set, way: 'answer' as PatientWay, base };
    if (answer.inspection.kind === 'json') walkBody(answer.inspection.json, walk);
    walkLocation(answer.headers['location'] ?? answer.headers['content-location'], walk);
  }
  const launch = launchPatient(identity);
  if (launch !== undefined) {
    const limited = interaction.kind === 'search' && isLimitedToPatient(identity);
    if (limited || (set.byKey.size === 0 && mayConcernPatient(type))) {
      addPatient(set, { reference: relativeReference('Patient', launch) }, 'launch-context');
    }
  }
  return set;
}
