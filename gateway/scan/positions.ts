/**
 * What becomes of each position of a body: kept for the record, or looked at for its URL. A
 * position is a key and the key that its object stands under; lists take the key they stand under.
 */
import { bodyPositions } from '../../audit/event/index.ts';
import { keyCount, keyNames, listedQuery, listedUrl, positions, rootKey } from '../urls/keys.ts';

/** As in `wasm/scan.ts`. */
export const actions = { keep: 1, url: 2, query: 4 } as const;

/** One entry of the table of actions. Keys are numbers, from 1 on. */
export interface Position {
  readonly parent: number;
  readonly key: number;
  /** A sum of {@link actions}. */
  readonly action: number;
}

/** Texts of all keys that matter, by number; 0 is none of them, 1 what the outermost value stands under. */
export const scanKeys: readonly string[] = [
  ...new Set([
    ...keyNames,
    ...[...bodyPositions]
      .flatMap(([parent, keys]) => [parent, ...keys])
      .filter((key) => key !== ''),
  ]),
];

const numbers = new Map(scanKeys.map((name, number) => [name, number]));

/** The whole table; a position that is not in it is passed over. */
export function scanPositions(): readonly Position[] {
  const table = new Map<number, Position>();
  const add = (parent: number, key: number, action: number): void => {
    const place = parent * scanKeys.length + key;
    table.set(place, { parent, key, action: (table.get(place)?.action ?? 0) + action });
  };
  for (const [parentName, keys] of bodyPositions) {
    const parent = parentName === '' ? rootKey : (numbers.get(parentName) ?? 0);
    for (const name of keys) add(parent, numbers.get(name) ?? 0, actions.keep);
  }
  for (const parent of scanKeys.keys()) {
    // Keys that only the record looks at are none to the URL table, as any key it does not know.
    const listedUnder = parent < keyNames.length ? parent : 0;
    for (let key = rootKey + 1; key < keyNames.length; key++) {
      const what = positions[listedUnder * keyCount + key];
      if (what === listedUrl) add(parent, key, actions.url);
      else if (what === listedQuery) add(parent, key, actions.query);
    }
  }
  return [...table.values()];
}
