/**
 * The pieces of a sentence about a record: each is text fit for people, and says what it stands for,
 * so that a page can lead from it to the records of the same user, app or patient. Pure.
 */
import { stringAt, type JsonObject } from './fhir.ts';
import { hasCode, member, objects, textAt } from './event-reading.ts';
import { fitText } from './text.ts';

/** What a record names, as it names it. Untrusted text, to be searched for and never to be shown. */
export interface Named {
  readonly reference?: string;
  readonly identifier?: { readonly system?: string; readonly value: string };
}

/** One piece of a sentence. */
export interface Phrase {
  readonly kind: 'words' | 'user' | 'app' | 'thing' | 'patient' | 'outcome';
  /** No control characters; spaces and punctuation included. */
  readonly text: string;
  /** Whom or what the piece stands for, where the record says so. */
  readonly named?: Named;
}

/**
 * Gives a person's words for what a record holds, from data that are not in the record.
 *
 * @param shown What the sentence would say: a reference (`Patient/zoe`), a client id, a user's id.
 * @returns Undefined when it is not known.
 */
export type NameLookup = (shown: string) => string | undefined;

const maxWordLength = 200;

/** Text of unknown origin made fit to stand in a sentence; `otherwise` when nothing is left. */
export function word(text: string | undefined, otherwise: string): string {
  const fitted = fitText(text ?? '', maxWordLength).trim();
  return fitted === '' ? otherwise : fitted;
}

/** A piece that stands for nothing. */
export function words(text: string): Phrase {
  return { kind: 'words', text };
}

/** What the lookup says for something shown, else what is shown. */
export function named(shown: string | undefined, names: NameLookup): string | undefined {
  return shown === undefined ? undefined : (names(shown) ?? shown);
}

/** A piece that stands for what `holder` (an agent's `who`, an entity's `what`) names. */
export function pieceFor(kind: Phrase['kind'], text: string, holder: unknown): Phrase {
  const what = namedBy(holder);
  return what === undefined ? { kind, text } : { kind, text, named: what };
}

function namedBy(holder: unknown): Named | undefined {
  const [object] = objects(holder);
  const reference = textAt(object, 'reference');
  const value = textAt(object, 'identifier', 'value');
  const system = textAt(object, 'identifier', 'system');
  if (reference === undefined && value === undefined) return undefined;
  return {
    ...(reference === undefined ? {} : { reference }),
    ...(value === undefined
      ? {}
      : { identifier: system === undefined ? { value } : { system, value } }),
  };
}

/** Name of whoever an agent is. */
export function nameOf(agent: JsonObject | undefined): string | undefined {
  return (
    textAt(agent, 'name') ??
    textAt(agent, 'who', 'display') ??
    textAt(agent, 'who', 'identifier', 'value') ??
    textAt(agent, 'who', 'reference')
  );
}

/** The agent that is the client app. */
export function clientIn(agents: readonly JsonObject[]): JsonObject | undefined {
  return agents.find((agent) => hasCode(agent, '110150'));
}

/**
 * Who did something.
 *
 * @param end Closes the app, which stands between commas when a verb follows.
 */
export function subject(
  agents: readonly JsonObject[],
  names: NameLookup,
  end: ',' | '',
): readonly Phrase[] {
  const client = clientIn(agents);
  const user = agents.find((agent) => agent['requestor'] === true && agent !== client);
  const app = word(named(nameOf(client), names), 'an unidentified client');
  if (user === undefined) {
    return app === 'unidentified client'
      ? [words('somebody without a token')]
      : [pieceFor('app', app, client?.['who'])];
  }
  const name = word(named(nameOf(user), names), 'an unidentified user');
  const [userId, clientId] = [user, client].map((agent) =>
    textAt(agent, 'who', 'identifier', 'value'),
  );
  // A backend service holds its own token: there is nobody behind it.
  if (userId !== undefined && userId === clientId) return [pieceFor('app', name, client?.['who'])];
  const person = pieceFor('user', name, user['who']);
  if (client === undefined) return [person];
  // A backend service is its own user.
  if (name === app) return [pieceFor('app', app, client['who'])];
  return [person, words(', using '), pieceFor('app', app, client['who']), words(end)];
}

/** What a record's outcome is called, with the reason when it is not plain success. */
export function outcomeWords(event: JsonObject): Phrase {
  const text = word(stringAt(event, 'outcomeDesc'), 'no reason given');
  const said = (): string => {
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
  };
  return { kind: 'outcome', text: said() };
}

/** The entity that is the patient. */
export function patientIn(entities: readonly JsonObject[]): JsonObject | undefined {
  return entities.find(
    (entity) => member(entity, 'type', 'code') === '1' && member(entity, 'role', 'code') === '1',
  );
}

/** The entity that is the data touched. */
export function thingIn(entities: readonly JsonObject[]): JsonObject | undefined {
  return entities.find(
    (entity) => member(entity, 'type', 'code') === '2' && entity['what'] !== undefined,
  );
}
