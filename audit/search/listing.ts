/**
 * The list of distinct values of those parameters that have few: codes, names, addresses,
 * profiles. Each value has a number, which is its token; the index file holds the list sealed with
 * the index key. What a query asks for is looked up in it, so that codes of any system, beginnings
 * and parts of texts can be found in an index that holds no value.
 */
import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';

/** One value of the list. */
export interface ListedValue {
  readonly system: string | undefined;
  readonly value: string;
  /** What stands for it in the index. */
  readonly token: string;
}

/** A row of the file. */
export interface SealedValue {
  readonly number: number;
  /** Nonce (12 bytes), tag (16), AES-256-GCM of the JSON text `[parameter, value, system?]`. */
  readonly sealed: Uint8Array;
}

/** The list in memory. Owned by one thread. */
export interface Listing {
  /** The token of a value, which is added to the list when it is new. */
  readonly tokenOf: (parameter: string, system: string | undefined, value: string) => string;
  /** Values of a parameter that fit. */
  readonly find: (
    parameter: string,
    fits: (value: ListedValue) => boolean,
  ) => readonly ListedValue[];
  /** What was added since the last call, for the file. */
  readonly takeNew: () => readonly SealedValue[];
}

const nonceBytes = 12;
const tagBytes = 16;
const cipher = 'aes-256-gcm';

/** An empty list. */
export function newListing(key: Uint8Array): Listing {
  return listingOf(sealKeyOf(key), []);
}

/**
 * Opens the list of a file.
 *
 * @param key The index key, from which the key of the seal is derived.
 * @returns Undefined when a row does not open: it was damaged, or sealed with another key.
 */
export function openListing(key: Uint8Array, stored: readonly SealedValue[]): Listing | undefined {
  const sealKey = sealKeyOf(key);
  const opened: OpenedValue[] = [];
  for (const { number, sealed } of stored) {
    const text = unseal(sealKey, sealed);
    if (text === undefined) return undefined;
    opened.push({ number, text });
  }
  return listingOf(sealKey, opened);
}

interface OpenedValue {
  readonly number: number;
  readonly text: readonly string[];
}

function listingOf(sealKey: Uint8Array, opened: readonly OpenedValue[]): Listing {
  const lists = new Map<string, Map<string, ListedValue>>();
  const added: SealedValue[] = [];
  let next = 0;
  const put = (number: number, [parameter = '', value = '', system]: readonly string[]): string => {
    const token = `w${number.toString(36)}`;
    const list = lists.get(parameter) ?? new Map<string, ListedValue>();
    lists.set(parameter, list.set(nameOf(system, value), { system, value, token }));
    next = Math.max(next, number + 1);
    return token;
  };
  for (const { number, text } of opened) put(number, text);
  return {
    tokenOf: (parameter, system, value) => {
      const known = lists.get(parameter)?.get(nameOf(system, value));
      if (known !== undefined) return known.token;
      const text = [parameter, value, ...(system === undefined ? [] : [system])];
      added.push({ number: next, sealed: seal(sealKey, text) });
      return put(next, text);
    },
    find: (parameter, fits) => [...(lists.get(parameter)?.values() ?? [])].filter(fits),
    takeNew: () => added.splice(0),
  };
}

/** Different for each pair, whatever is in them. */
function nameOf(system: string | undefined, value: string): string {
  return system === undefined ? value : `\0${String(system.length)} ${system}${value}`;
}

function sealKeyOf(key: Uint8Array): Uint8Array {
  return hash('sha256', Buffer.concat([key, Buffer.from('\0listing')]), 'buffer');
}

function seal(key: Uint8Array, text: readonly string[]): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key, nonce);
  const body = Buffer.concat([sealing.update(JSON.stringify(text)), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), body]);
}

function unseal(key: Uint8Array, sealed: Uint8Array): readonly string[] | undefined {
  try {
    const opening = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes));
    opening.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
    const body = opening.update(sealed.subarray(nonceBytes + tagBytes));
    return JSON.parse(Buffer.concat([body, opening.final()]).toString()) as string[];
  } catch {
    return undefined;
  }
}
