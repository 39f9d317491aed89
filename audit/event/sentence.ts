/**
 * One record as one plain sentence, for people. Reads any AuditEvent, ours or another's; text that
 * came from outside is made fit for a terminal.
 */
import { elements, isObject, stringAt, type JsonObject } from './fhir.ts';
import { fitText } from './text.ts';
import { vocabulary } from './vocabulary.ts';

const maxWordLength = 200;

function word(text: string | undefined, otherwise: string): string {
  const fitted = fitText(text ?? '', maxWordLength).trim();
  return fitted === '' ? otherwise : fitted;
}

function objects(value: unknown): readonly JsonObject[] {
  return elements(value).filter(isObject);
}

function member(object: JsonObject | undefined, ...path: readonly string[]): unknown {
  let value: unknown = object;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

function textAt(object: JsonObject | undefined, ...path: readonly string[]): string | undefined {
  const value = member(object, ...path);
  return typeof value === 'string' ? value : undefined;
}

function hasCode(agentOrEntity: JsonObject, code: string): boolean {
  return objects(member(agentOrEntity, 'type', 'coding')).some((coding) => coding['code'] === code);
}

function details(entities: readonly JsonObject[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const entity of entities) {
    if (member(entity, 'type', 'system') !== vocabulary.entityType.url) continue;
    for (const detail of objects(entity['detail'])) {
      const type = stringAt(detail, 'type');
      const value = stringAt(detail, 'valueString');
      if (type !== undefined && value !== undefined && !found.has(type)) found.set(type, value);
    }
  }
  return found;
}

/**
 * Gives a person's words for what a record holds, from data that are not in the record.
 *
 * @param shown What the sentence would say: a reference (`Patient/zoe`), a client id, a user's id.
 * @returns Undefined when it is not known.
 */
export type NameLookup = (shown: string) => string | undefined;

const noNames: NameLookup = () => undefined;

function named(shown: string | undefined, names: NameLookup): string | undefined {
  return shown === undefined ? undefined : (names(shown) ?? shown);
}

/** Name of whoever an agent is. */
function nameOf(agent: JsonObject | undefined): string | undefined {
  return (
    textAt(agent, 'name') ??
    textAt(agent, 'who', 'display') ??
    textAt(agent, 'who', 'identifier', 'value') ??
    textAt(agent, 'who', 'reference')
  );
}

/** @param end Closes the app, which stands between commas when a verb follows. */
function subject(agents: readonly JsonObject[], names: NameLookup, end: ',' | ''): string {
  const client = agents.find((agent) => hasCode(agent, '110150'));
  const user = agents.find((agent) => agent['requestor'] === true && agent !== client);
  const app = word(named(nameOf(client), names), 'an unidentified client');
  if (user === undefined) {
    return app === 'unidentified client' ? 'somebody without a token' : app;
  }
  const name = word(named(nameOf(user), names), 'an unidentified user');
  return client === undefined ? name : `${name}, using ${app}${end}`;
}

interface Verb {
  readonly did: string;
  readonly tried: string;
}

const verbs: Readonly<Record<string, Verb>> = {
  read: { did: 'read', tried: 'read' },
  vread: { did: 'read a version of', tried: 'read a version of' },
  create: { did: 'created', tried: 'create' },
  update: { did: 'updated', tried: 'update' },
  patch: { did: 'patched', tried: 'patch' },
  delete: { did: 'deleted', tried: 'delete' },
  'search-type': { did: 'searched', tried: 'search' },
  'search-system': { did: 'searched', tried: 'search' },
  capabilities: { did: 'asked what the server can do', tried: 'ask what the server can do' },
};

/** `GET /fhir/Patient?name=x` without its method. */
function requestTarget(known: ReadonlyMap<string, string>): string {
  const line = known.get('request-line') ?? '';
  return word(line.slice(line.indexOf(' ') + 1), 'something');
}

function thing(entities: readonly JsonObject[]): string | undefined {
  const data = entities.find(
    (entity) => member(entity, 'type', 'code') === '2' && entity['what'] !== undefined,
  );
  const reference = textAt(data, 'what', 'reference')?.replace(/\/_history\/.*$/, '');
  return reference ?? textAt(data, 'what', 'display');
}

function patientOf(entities: readonly JsonObject[]): string | undefined {
  const patient = entities.find(
    (entity) => member(entity, 'type', 'code') === '1' && member(entity, 'role', 'code') === '1',
  );
  return (
    textAt(patient, 'what', 'reference') ??
    textAt(patient, 'what', 'identifier', 'value') ??
    textAt(patient, 'what', 'display')
  );
}

function outcomeWords(event: JsonObject): string {
  const text = word(stringAt(event, 'outcomeDesc'), 'no reason given');
  switch (event['outcome']) {
    case '0':
      return 'allowed';
    case '4':
      return `in part (${text})`;
    case '8':
      return `refused (${text})`;
    case '12':
      return `failed (${text})`;
  }
  return 'outcome not stated';
}

function deed(
  event: JsonObject,
  entities: readonly JsonObject[],
  known: ReadonlyMap<string, string>,
): string {
  const codes = objects(event['subtype']).map((coding) => stringAt(coding, 'code') ?? '');
  const code = codes.find((candidate) => Object.hasOwn(verbs, candidate));
  const verb = code === undefined ? undefined : verbs[code];
  if (verb === undefined || codes.includes('unrecognised')) {
    return `sent ${word(known.get('request-line'), 'a request')} (not understood)`;
  }
  const done = event['outcome'] === '0' || event['outcome'] === '4';
  const words = done ? verb.did : `tried to ${verb.tried}`;
  return code === 'capabilities'
    ? words
    : `${words} ${word(thing(entities), requestTarget(known))}`;
}

/** What happens before there is a token: an authorization request, a launch. */
function smartSentence(
  event: JsonObject,
  agents: readonly JsonObject[],
  known: ReadonlyMap<string, string>,
  names: NameLookup,
): string | undefined {
  const codes = objects(event['subtype']).map((coding) => stringAt(coding, 'code'));
  const client = agents.find((agent) => hasCode(agent, '110150'));
  const id = textAt(client, 'who', 'identifier', 'value');
  const app = word(named(id, names), 'an unidentified client');
  const outcome = event['outcome'] === '0' ? 'passed on' : outcomeWords(event);
  if (codes.includes('authorization-request')) {
    const scopes = word(known.get('requested-scopes'), '');
    const server = word(known.get('authorization-server'), '');
    const what = scopes === '' ? '' : ` for ${scopes}`;
    const who = id === undefined ? app : `${app} (unverified)`;
    return `${who} asked for authorization${what}${server === '' ? '' : ` at ${server}`}: ${outcome}`;
  }
  return codes.includes('launch-relayed') ? `the EHR launched ${app}: ${outcome}` : undefined;
}

function exchangeSentence(
  event: JsonObject,
  agents: readonly JsonObject[],
  entities: readonly JsonObject[],
  known: ReadonlyMap<string, string>,
  names: NameLookup,
): string {
  if (known.get('refusal-reason') === 'preflight-answered') {
    return `a browser asked whether a page may use ${requestTarget(known)}: ${outcomeWords(event)}`;
  }
  const who = subject(agents, names, ',');
  const did = deed(event, entities, known);
  const patient = word(patientOf(entities), '');
  const name = word(names(patient), '');
  const isTheThing = did.endsWith(` ${patient}`);
  const itself = isTheThing && name !== '' ? ` (${name})` : '';
  const about = patient === '' || isTheThing ? itself : ` of ${name === '' ? patient : name}`;
  const intent = known.get('record-kind') === 'intent' ? ' (before it was forwarded)' : '';
  return `${who} ${did}${about}${intent}: ${outcomeWords(event)}`;
}

/**
 * Says in one line what a record holds, e.g.
 * `2026-12-01T09:30:00.000Z Dr Ana Souza, using Vitals, read Observation/7 of Patient/1: allowed`.
 *
 * @param event An AuditEvent as parsed JSON. Untrusted: never throws, and the line has no control
 *   characters.
 * @param names Says "Zoë Nuñez" where the record holds only `Patient/zoe`. Its answers are shown like
 *   any other text.
 */
export function sentence(event: unknown, names: NameLookup = noNames): string {
  if (!isObject(event)) return 'not an AuditEvent';
  const entities = objects(event['entity']);
  const agents = objects(event['agent']);
  const known = details(entities);
  const at = word(stringAt(event, 'recorded'), 'at an unknown instant');
  switch (known.get('record-kind') ?? '') {
    case 'addendum': {
      const originals = word(known.get('original-record'), 'an earlier record');
      const text = word(stringAt(event, 'outcomeDesc'), 'something became known');
      const who = known.has('identity-confidence') ? `: ${subject(agents, names, '')}` : '';
      return `${at} addendum to ${originals}: ${text}${who}`;
    }
    case 'refusals': {
      const peer = word(textAt(agents[0], 'network', 'address'), 'an unknown address');
      return `${at} ${peer}: ${word(stringAt(event, 'outcomeDesc'), 'requests refused')}`;
    }
    case 'review': {
      const reader = word(nameOf(agents[0]), 'an unidentified reader');
      const asked = word(known.get('request-line'), 'something');
      const results = known.get('review-results');
      const given = results === undefined ? '' : `, ${word(results, '0')} events`;
      return `${at} ${reader} reviewed the record with ${asked}: ${outcomeWords(event)}${given}`;
    }
  }
  const said =
    smartSentence(event, agents, known, names) ??
    exchangeSentence(event, agents, entities, known, names);
  return `${at} ${said}`;
}
