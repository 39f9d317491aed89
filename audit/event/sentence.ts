/**
 * One record as one plain sentence, for people. Reads any AuditEvent, ours or another's; text that
 * came from outside is made fit for a terminal. A sentence is made of phrases, and only joined here.
 */
import { isObject, stringAt, type JsonObject } from './fhir.ts';
import { detailsIn, objects, textAt } from './event-reading.ts';
import {
  clientIn,
  named,
  nameOf,
  outcomeWords,
  patientIn,
  pieceFor,
  subject,
  thingIn,
  word,
  words,
  type NameLookup,
  type Phrase,
} from './phrase.ts';

const noNames: NameLookup = () => undefined;

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

/** What a sentence is made from. */
interface Reading {
  readonly event: JsonObject;
  readonly agents: readonly JsonObject[];
  readonly entities: readonly JsonObject[];
  readonly known: ReadonlyMap<string, string>;
  readonly names: NameLookup;
}

/** `GET /fhir/Patient?name=x` without its method. */
function requestTarget(known: ReadonlyMap<string, string>): string {
  const line = known.get('request-line') ?? '';
  return word(line.slice(line.indexOf(' ') + 1), 'something');
}

function thing({ entities, known }: Reading): Phrase {
  const data = thingIn(entities);
  const reference = textAt(data, 'what', 'reference')?.replace(/\/_history\/.*$/, '');
  const said = word(reference ?? textAt(data, 'what', 'display'), '');
  return said === ''
    ? words(requestTarget(known))
    : pieceFor('thing', said, reference === undefined ? undefined : { reference });
}

function patientText(patient: JsonObject | undefined): string {
  const text =
    textAt(patient, 'what', 'reference') ??
    textAt(patient, 'what', 'identifier', 'value') ??
    textAt(patient, 'what', 'display');
  return word(text, '');
}

/** What was done to what; the last phrase is the thing, if there is one. */
function deed(reading: Reading): readonly Phrase[] {
  const { event, known } = reading;
  const codes = objects(event['subtype']).map((coding) => stringAt(coding, 'code') ?? '');
  const code = codes.find((candidate) => Object.hasOwn(verbs, candidate));
  const verb = code === undefined ? undefined : verbs[code];
  if (verb === undefined || codes.includes('unrecognised')) {
    return [words(`sent ${word(known.get('request-line'), 'a request')} (not understood)`)];
  }
  const done = event['outcome'] === '0' || event['outcome'] === '4';
  const said = done ? verb.did : `tried to ${verb.tried}`;
  return code === 'capabilities' ? [words(said)] : [words(`${said} `), thing(reading)];
}

/** What happens before there is a token: an authorization request, a launch. */
function smartPhrases({ event, agents, known, names }: Reading): readonly Phrase[] | undefined {
  const codes = objects(event['subtype']).map((coding) => stringAt(coding, 'code'));
  const client = clientIn(agents);
  const id = textAt(client, 'who', 'identifier', 'value');
  const app = pieceFor('app', word(named(id, names), 'an unidentified client'), client?.['who']);
  const outcome: Phrase =
    event['outcome'] === '0' ? { kind: 'outcome', text: 'passed on' } : outcomeWords(event);
  if (codes.includes('authorization-request')) {
    const scopes = word(known.get('requested-scopes'), '');
    const server = word(known.get('authorization-server'), '');
    const what = scopes === '' ? '' : ` for ${scopes}`;
    const doubt = id === undefined ? '' : ' (unverified)';
    const at = server === '' ? '' : ` at ${server}`;
    return [app, words(`${doubt} asked for authorization${what}${at}: `), outcome];
  }
  return codes.includes('launch-relayed')
    ? [words('the EHR launched '), app, words(': '), outcome]
    : undefined;
}

function exchangePhrases(reading: Reading): readonly Phrase[] {
  const { event, agents, entities, known, names } = reading;
  const outcome = outcomeWords(event);
  if (known.get('refusal-reason') === 'preflight-answered') {
    const asked = `a browser asked whether a page may use ${requestTarget(known)}: `;
    return [words(asked), outcome];
  }
  const did = deed(reading);
  const patient = patientIn(entities);
  const shown = patientText(patient);
  const name = word(names(shown), '');
  const last = did.at(-1);
  const intent = known.get('record-kind') === 'intent' ? ' (before it was forwarded)' : '';
  const itself = shown !== '' && last?.kind === 'thing' && last.text === shown;
  const about: readonly Phrase[] = itself
    ? [
        ...did.slice(0, -1),
        pieceFor('patient', name === '' ? shown : `${shown} (${name})`, patient?.['what']),
      ]
    : shown === ''
      ? did
      : [...did, words(' of '), pieceFor('patient', name === '' ? shown : name, patient?.['what'])];
  const end = words(`${intent}: `);
  return [...subject(agents, names, ','), words(' '), ...about, end, outcome];
}

/** Records that are no exchange; undefined for one. */
function otherPhrases({ event, agents, known, names }: Reading): readonly Phrase[] | undefined {
  switch (known.get('record-kind') ?? '') {
    case 'addendum': {
      const originals = word(known.get('original-record'), 'an earlier record');
      const text = word(stringAt(event, 'outcomeDesc'), 'something became known');
      const said = words(`addendum to ${originals}: ${text}`);
      return known.has('identity-confidence')
        ? [said, words(': '), ...subject(agents, names, '')]
        : [said];
    }
    case 'refusals': {
      const peer = word(textAt(agents[0], 'network', 'address'), 'an unknown address');
      return [words(`${peer}: ${word(stringAt(event, 'outcomeDesc'), 'requests refused')}`)];
    }
    case 'review': {
      const reader = word(nameOf(agents[0]), 'an unidentified reader');
      const asked = word(known.get('request-line'), 'something');
      const results = known.get('review-results');
      const checked = word(known.get('verify-result'), '');
      const events = results === undefined ? '' : `, ${word(results, '0')} events`;
      const given = checked === '' ? events : `, ${checked}`;
      return [
        pieceFor('user', reader, agents[0]?.['who']),
        words(` reviewed the record with ${asked}: `),
        outcomeWords(event),
        words(given),
      ];
    }
  }
  return undefined;
}

/** A record, told. */
export interface Telling {
  /** The instant as the record has it, made fit for people. */
  readonly at: string;
  /** Joined, they are the sentence without its instant. */
  readonly phrases: readonly Phrase[];
  /** Value of the detail `session`. Untrusted, to be searched for. */
  readonly session?: string;
  /** The `X-Request-Id` of the exchange. Untrusted, to be searched for. */
  readonly requestId?: string;
}

/**
 * Tells in phrases what a record holds.
 *
 * @param event An AuditEvent as parsed JSON. Untrusted: never throws, and the phrases' text has no
 *   control characters.
 * @param names Says "Zoë Nuñez" where the record holds only `Patient/zoe`. Its answers are shown like
 *   any other text.
 */
export function tell(event: unknown, names: NameLookup = noNames): Telling {
  if (!isObject(event)) return { at: '', phrases: [words('not an AuditEvent')] };
  const entities = objects(event['entity']);
  const agents = objects(event['agent']);
  const reading = { event, agents, entities, known: detailsIn(entities), names };
  const phrases = otherPhrases(reading) ?? smartPhrases(reading) ?? exchangePhrases(reading);
  const session = reading.known.get('session');
  const request = entities.find((entity) => textAt(entity, 'type', 'code') === 'XrequestId');
  const requestId = textAt(request, 'what', 'identifier', 'value');
  return {
    at: word(stringAt(event, 'recorded'), 'at an unknown instant'),
    phrases: phrases.filter((phrase) => phrase.text !== ''),
    ...(session === undefined ? {} : { session }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/**
 * Says in one line what a record holds, e.g.
 * `2026-12-01T09:30:00.000Z Dr Ana Souza, using Vitals, read Observation/7 of Patient/1: allowed`.
 * Parameters as for {@link tell}.
 */
export function sentence(event: unknown, names: NameLookup = noNames): string {
  const { at, phrases } = tell(event, names);
  const said = phrases.map(({ text }) => text).join('');
  return at === '' ? said : `${at} ${said}`;
}
