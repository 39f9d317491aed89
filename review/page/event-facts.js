// @ts-check
/**
 * What one AuditEvent says, as terms and descriptions for people. Reads any AuditEvent; every member
 * is in doubt, and what is not there is left out. Pure.
 */
import { instantText, outcomeShown } from './words.js';

/** @typedef {{ term: string, text: string }} Fact */

/** @typedef {Readonly<Record<string, unknown>>} Json */

/** @type {Readonly<Record<string, string>>} */
const confidences = {
  'verified-signature': 'verified: the signature, time and audience of the token were checked',
  'unverified-claims': 'not verified: the token was read, not checked',
  'unverified-accepted': 'not checked here; the FHIR server accepted the token',
  'unverified-rejected': 'not checked here; the FHIR server rejected the token',
  invalid: 'the token was checked and found wrong',
  'opaque-unidentified': 'the token says nothing of its user',
  anonymous: 'there was no token',
};

/** @type {Readonly<Record<string, string>>} */
const sessionKinds = {
  'idp-session': 'a sign-in',
  grant: 'one authorization of the app',
  token: 'one access token',
  exchange: 'nothing beyond this exchange',
};

/** @type {Readonly<Record<string, string>>} */
const actions = { C: 'create', R: 'read', U: 'update', D: 'delete', E: 'execute' };

/**
 * @param {unknown} event An AuditEvent as parsed JSON.
 * @returns {readonly Fact[]} In the order in which they are asked for: who, what, when, why.
 */
export function factsOf(event) {
  const root = object(event);
  const agents = objects(root['agent']);
  const entities = objects(root['entity']);
  const details = detailsOf(entities);
  const client = agents.find((agent) => hasCode(agent, '110150'));
  const user = agents.find((agent) => agent['requestor'] === true && agent !== client);
  const data = entities.filter((entity) => text(object(entity['type']), 'code') === '2');
  const patients = entities.filter((entity) => text(object(entity['type']), 'code') === '1');
  const one = (/** @type {string} */ code) => details.get(code)?.[0];
  const confidence = one('identity-confidence');
  const sessionKind = one('session-kind');
  const place = [client, user].find(
    (agent) => agent !== undefined && agent['network'] !== undefined,
  );
  const period = object(root['period']);
  /** @type {[string, string | undefined][]} */
  const facts = [
    ['Who', nameOf(user)],
    ['Persistent identifier', identifierOf(user)],
    ['Identity', confidence === undefined ? undefined : (confidences[confidence] ?? confidence)],
    ['Why not more', one('identity-reason')],
    ['App', joined([nameOf(client), identifierOf(client)])],
    ['Session', one('session')],
    [
      'What makes the session',
      sessionKind === undefined ? undefined : (sessionKinds[sessionKind] ?? sessionKind),
    ],
    ['What', codesOf(objects(root['subtype'])) || actions[text(root, 'action') ?? '']],
    ['Resource', joined(data.map((entity) => referenceOf(entity)))],
    ['Patient', joined(patients.map((entity) => referenceOf(entity)))],
    ['How the patient is known', details.get('patient-found')?.join(', ')],
    ['Classes of data', details.get('data-category')?.join(', ')],
    ['Security labels', details.get('security-label')?.join(', ')],
    ['From', text(object(place?.['network']), 'address')],
    ['Recorded', instant(text(root, 'recorded'))],
    ['Began', instant(text(period, 'start'))],
    ['Ended', instant(text(period, 'end'))],
    ['Outcome', joined([outcomeShown(root['outcome']).name, text(root, 'outcomeDesc')])],
    ['Refused because', one('refusal-reason')],
    ['Scopes', one('scopes')],
    ['Request as received', one('request-line')],
    ['Request id', requestIdOf(entities)],
    ['Integrity check', one('verify-result')],
    ['Kind of record', one('record-kind')],
    ['Adds to', one('original-record')],
  ];
  return facts.flatMap(([term, said]) =>
    said === undefined || said === '' ? [] : [{ term, text: printable(said) }],
  );
}

/**
 * Control and direction characters would make text look like other text.
 *
 * @param {string} said
 */
function printable(said) {
  return said.replace(/[\p{Cc}\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/**
 * @param {unknown} value
 * @returns {Json}
 */
function object(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? /** @type {Json} */ (value)
    : {};
}

/**
 * @param {unknown} value
 * @returns {readonly Json[]}
 */
function objects(value) {
  return Array.isArray(value) ? value.map(object) : [];
}

/**
 * @param {Json | undefined} from
 * @param {string} key
 * @returns {string | undefined}
 */
function text(from, key) {
  const value = from?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @param {string | undefined} at */
function instant(at) {
  return at === undefined ? undefined : `${instantText(at)} UTC (${at})`;
}

/** @param {readonly (string | undefined)[]} parts */
function joined(parts) {
  return parts.filter((part) => part !== undefined && part !== '').join(' – ');
}

/**
 * @param {Json} agent
 * @param {string} code
 */
function hasCode(agent, code) {
  return objects(object(agent['type'])['coding']).some((coding) => coding['code'] === code);
}

/** @param {Json | undefined} agent */
function nameOf(agent) {
  const who = object(agent?.['who']);
  return text(agent, 'name') ?? text(who, 'display') ?? text(who, 'reference');
}

/** @param {Json | undefined} agent */
function identifierOf(agent) {
  const who = object(agent?.['who']);
  const identifier = object(who['identifier']);
  const value = text(identifier, 'value');
  const system = text(identifier, 'system');
  const whole = value === undefined || system === undefined ? value : `${value} at ${system}`;
  return joined([text(who, 'reference'), whole]);
}

/** @param {readonly Json[]} codings */
function codesOf(codings) {
  return codings
    .map((coding) => text(coding, 'code'))
    .filter((code) => code !== undefined)
    .join(', ');
}

/** @param {Json} entity */
function referenceOf(entity) {
  const what = object(entity['what']);
  return (
    text(what, 'reference') ?? text(object(what['identifier']), 'value') ?? text(what, 'display')
  );
}

/** @param {readonly Json[]} entities */
function requestIdOf(entities) {
  const found = entities.find((entity) => text(object(entity['type']), 'code') === 'XrequestId');
  return found === undefined ? undefined : referenceOf(found);
}

/**
 * @param {readonly Json[]} entities
 * @returns {ReadonlyMap<string, readonly string[]>} Values by type, of the record's own entity.
 */
function detailsOf(entities) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const entity of entities) {
    if (text(object(entity['type']), 'code') !== 'record-detail') continue;
    for (const detail of objects(entity['detail'])) {
      const type = text(detail, 'type');
      const value = text(detail, 'valueString');
      if (type === undefined || value === undefined) continue;
      found.set(type, [...(found.get(type) ?? []), value]);
    }
  }
  return found;
}
