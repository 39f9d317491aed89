/** One event as tokens, for the index. The hot path of building it. */
import { visitFacts } from './facts.ts';
import type { FactVisitor } from './facts.ts';
import type { Listing } from './listing.ts';
import { searchParameters } from './parameters.ts';
import type { Reference } from './query.ts';
import type { Tokens } from './tokens.ts';

/** Every event has this token: what a query that only excludes is taken from. */
export const everyEvent = 'a';

/** What the index holds of one event. */
export interface IndexedEvent {
  readonly recordedMs: number;
  /** Tokens, separated by spaces. */
  readonly text: string;
}

/** Turns the text of a record into tokens; undefined when it is not a searchable event. */
export type Tokenise = (text: string) => IndexedEvent | undefined;

/**
 * The token for whether an event has a value of a parameter: only the rarer half is indexed.
 *
 * @returns The token, and what having it means.
 */
export function missingToken(parameter: string): {
  readonly token: string;
  readonly means: boolean;
} {
  const index = searchParameters.findIndex(({ name }) => name === parameter);
  return { token: `m${index.toString(36)}`, means: searchParameters[index]?.usual === true };
}

/** One parameter while events are made into tokens. */
interface Slot {
  readonly name: string;
  readonly missing: string;
  /** Makes the token of a value that is not remembered. */
  readonly make: (parameter: string, system: string | undefined, value: string) => string;
  /** Tokens by system, then by value: most of an event's values recur in the next one. */
  readonly known: Map<string | undefined, Map<string, string>>;
  /** Number of the last event that had the parameter. */
  seenIn: number;
}

/** Values of one system that are remembered at most. */
const remembered = 10_000;

/** Makes the tokeniser of one index. */
export function makeTokenise(tokens: Tokens, listing: Listing): Tokenise {
  const slots = new Map<string, Slot>();
  for (const { name, index } of searchParameters) {
    const make = index === 'listed' ? listing.tokenOf : tokens.ofTerm;
    slots.set(name, { name, missing: missingToken(name).token, make, known: new Map(), seenIn: 0 });
  }
  const withMissing = searchParameters.filter(({ modifiers }) => modifiers.includes('missing'));
  const slotsOf = (usual: boolean): readonly Slot[] =>
    withMissing.flatMap((one) => (one.usual === usual ? (slots.get(one.name) ?? []) : []));
  const usual = slotsOf(true);
  const rare = slotsOf(false);
  let event = 0;
  let text = '';
  const slotOf = (parameter: string): Slot => {
    const slot = slots.get(parameter);
    if (slot === undefined) throw new Error(`a fact of the unknown parameter ${parameter}`);
    slot.seenIn = event;
    return slot;
  };
  const visitor: FactVisitor = {
    term: (parameter, system, value) => {
      const slot = slotOf(parameter);
      // Each event has its own.
      text += ` ${parameter === '_id' ? slot.make(parameter, system, value) : known(slot, system, value)}`;
    },
    reference: (parameter, reference) => {
      text += ` ${knownReference(slotOf(parameter), reference, tokens)}`;
    },
    present: slotOf,
  };
  return (record) => {
    event += 1;
    text = everyEvent;
    const head = visitFacts(record, visitor);
    if (head === undefined) return undefined;
    for (const slot of usual) if (slot.seenIn !== event) text += ` ${slot.missing}`;
    for (const slot of rare) if (slot.seenIn === event) text += ` ${slot.missing}`;
    return { recordedMs: head.recordedMs, text };
  };
}

function known(slot: Slot, system: string | undefined, value: string): string {
  const values = knownOf(slot, system);
  const token = values.get(value);
  if (token !== undefined) return token;
  const made = slot.make(slot.name, system, value);
  values.set(value, made);
  return made;
}

function knownReference(slot: Slot, reference: Reference, tokens: Tokens): string {
  const values = knownOf(slot, reference.base);
  const name = `${reference.type}/${reference.id}`;
  const token = values.get(name);
  if (token !== undefined) return token;
  const made = tokens.ofReference(slot.name, reference);
  values.set(name, made);
  return made;
}

function knownOf(slot: Slot, system: string | undefined): Map<string, string> {
  const values = slot.known.get(system);
  if (values !== undefined) {
    if (values.size >= remembered) values.clear();
    return values;
  }
  if (slot.known.size >= remembered) slot.known.clear();
  const made = new Map<string, string>();
  slot.known.set(system, made);
  return made;
}
