/** One event as tokens, for the index. The hot path of building it. */
import { visitFacts } from './facts.ts';
import type { FactVisitor } from './facts.ts';
import type { Listing } from './listing.ts';
import { searchParameters } from './parameters.ts';
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

interface Slot {
  readonly isListed: boolean;
  readonly usual: boolean;
  readonly missing: string;
  /** Number of the last event that had the parameter. */
  seenIn: number;
}

/** Makes the tokeniser of one index. */
export function makeTokenise(tokens: Tokens, listing: Listing): Tokenise {
  const slots = new Map<string, Slot>();
  const rare: Slot[] = [];
  const usual: Slot[] = [];
  for (const { name, index, usual: isUsual, modifiers } of searchParameters) {
    const { token } = missingToken(name);
    const slot = { isListed: index === 'listed', usual: isUsual, missing: token, seenIn: 0 };
    slots.set(name, slot);
    if (modifiers.includes('missing')) (isUsual ? usual : rare).push(slot);
  }
  let event = 0;
  let text = '';
  const slotOf = (parameter: string): Slot | undefined => {
    const slot = slots.get(parameter);
    if (slot !== undefined) slot.seenIn = event;
    return slot;
  };
  const visitor: FactVisitor = {
    term: (parameter, system, value) => {
      const isListed = slotOf(parameter)?.isListed === true;
      const source = isListed ? listing.tokenOf : tokens.ofTerm;
      text += ` ${source(parameter, system, value)}`;
    },
    reference: (parameter, reference) => {
      slotOf(parameter);
      text += ` ${tokens.ofReference(parameter, reference)}`;
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
