/**
 * The index file: derived data in an SQLite file of its own, fed by `tail.ts`, asked by
 * `find.ts`, both in the index worker. It can be deleted at any time. Holds keyed hashes, instants,
 * and a sealed list of values; no value of an event in the clear.
 *
 * `term` is a contentless FTS5 table of tokens, its rowid the leaf index plus one.
 */
import type Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { Blocks, blockSchema } from './blocks.ts';
import { connect, removeIndex } from './index-file.ts';
import type { SealedValue } from './listing.ts';
import { searchParameters } from './parameters.ts';
import type { SortOrder } from './query.ts';

/** Changes whenever what is indexed, or how, changes: an older file is then built anew. */
const format = `2 ${searchParameters.map(({ name, index }) => `${name}:${index}`).join(' ')}`;

/** What the file must have been built from to be usable. */
export interface Provenance {
  /** Origin of the ledger. */
  readonly origin: string;
  /** Keyed hash of a constant: tells whether the key is the same. */
  readonly keyCheck: string;
}

/** One record to index. */
export interface IndexRow {
  readonly leafIndex: number;
  readonly recordedMs: number;
  /** Tokens, separated by spaces. */
  readonly text: string;
}

/** What one transaction adds. */
export interface IndexBatch {
  readonly rows: readonly IndexRow[];
  /** Values that the list did not have. */
  readonly listed: readonly SealedValue[];
  /** All leaves below this leaf index are indexed then. */
  readonly position: number;
  /** Fingerprint of the last of them. */
  readonly last: string;
}

/** Leaf indexes, both ends included. */
export interface LeafRange {
  readonly low: number;
  readonly high: number;
}

const schema = `
  create table meta (name text primary key, value text not null) without rowid;
  create table listed (number integer primary key, sealed blob not null);
  ${blockSchema};
  create virtual table term using
    fts5(token, content='', detail=none, columnsize=0, tokenize='ascii');
`;

/** The open index file. Owned by one thread; every method is synchronous. */
export class IndexStore {
  readonly blocks: Blocks;
  readonly #db: Database.Database;
  readonly #insertTerm: Database.Statement<[number, string]>;
  readonly #insertListed: Database.Statement<[number, Uint8Array]>;
  readonly #setMeta: Database.Statement<[string, string]>;
  readonly #find: Readonly<Record<SortOrder, Database.Statement<[string, number, number, number]>>>;
  readonly #count: Database.Statement<[string, number, number], number>;
  #position: number;

  private constructor(db: Database.Database) {
    this.#db = db;
    this.blocks = new Blocks(db);
    this.#insertTerm = db.prepare('insert into term (rowid, token) values (?, ?)');
    this.#insertListed = db.prepare('insert into listed (number, sealed) values (?, ?)');
    this.#setMeta = db.prepare('insert or replace into meta (name, value) values (?, ?)');
    // Numbers are bound as real ones, and FTS5 passes over bounds that are no integers: it would
    // read all of a common token up to a range, instead of going there.
    const range = 'rowid between cast(? as integer) + 1 and cast(? as integer) + 1';
    const select = `select rowid - 1 from term where term match ? and ${range} order by rowid`;
    this.#find = {
      'oldest-first': db.prepare<[string, number, number, number]>(`${select} limit ?`).pluck(),
      'newest-first': db
        .prepare<[string, number, number, number]>(`${select} desc limit ?`)
        .pluck(),
    };
    this.#count = db
      .prepare<[string, number, number], number>(
        `select count(*) from term where term match ? and ${range}`,
      )
      .pluck();
    this.#position = Number(readMeta(db, 'position'));
  }

  /** Opens an existing file, or tells that there is none or that it cannot be used. */
  static open(file: string, provenance: Provenance): IndexStore | 'missing' | 'unusable' {
    if (!existsSync(file)) return 'missing';
    let db: Database.Database | undefined;
    try {
      db = connect(file, true);
      const fits =
        readMeta(db, 'format') === format &&
        readMeta(db, 'origin') === provenance.origin &&
        readMeta(db, 'keyCheck') === provenance.keyCheck;
      if (fits) return new IndexStore(db);
    } catch {
      // Whatever is wrong with it, derived data is built anew: the caller says so in a warning.
    }
    db?.close();
    return 'unusable';
  }

  /** Makes an empty file in the place of whatever is there. */
  static create(file: string, provenance: Provenance): IndexStore {
    removeIndex(file);
    const db = connect(file, false);
    db.transaction(() => {
      db.exec(schema);
      const set = db.prepare('insert into meta (name, value) values (?, ?)');
      set.run('format', format);
      set.run('origin', provenance.origin);
      set.run('keyCheck', provenance.keyCheck);
      set.run('position', '0');
      set.run('last', '');
    })();
    const store = new IndexStore(db);
    // A transaction is written as one piece, however large: fewer pieces to merge.
    store.#configure('hashsize', 64 * 1024 * 1024);
    return store;
  }

  /** All leaves below this leaf index are indexed. */
  get position(): number {
    return this.#position;
  }

  /** Fingerprint of the last leaf that was indexed, as given to {@link add}; `''` when none. */
  get last(): string {
    return readMeta(this.#db, 'last') ?? '';
  }

  /** The sealed list. */
  listed(): readonly SealedValue[] {
    return this.#db.prepare<[], SealedValue>('select number, sealed from listed').all();
  }

  /** Adds the records of the next leaves, and moves the position, in one transaction. */
  add({ rows, listed, position, last }: IndexBatch): void {
    this.#db.transaction(() => {
      for (const row of rows) this.#insertTerm.run(row.leafIndex + 1, row.text);
      for (const value of listed) this.#insertListed.run(value.number, value.sealed);
      this.blocks.add(rows);
      this.#setMeta.run('position', String(position));
      this.#setMeta.run('last', last);
    })();
    this.#position = position;
  }

  /** Leaves of a range whose tokens match, at most `limit`, by leaf index. */
  find(
    expression: string,
    { low, high }: LeafRange,
    limit: number,
    order: SortOrder,
  ): readonly number[] {
    return this.#find[order].all(expression, low, high, limit) as number[];
  }

  /** How many leaves of a range have tokens that match. */
  count(expression: string, { low, high }: LeafRange): number {
    return this.#count.get(expression, low, high) ?? 0;
  }

  /** Puts merging off until {@link compact}: for adding very much at once. */
  expectMuch(): void {
    this.#configure('automerge', 0);
    this.#configure('crisismerge', 1000);
  }

  /** Merges what many transactions wrote: smaller, and faster to search. Takes seconds. */
  compact(): void {
    this.#db.exec(`insert into term (term) values ('optimize')`);
    this.#configure('automerge', 4);
    this.#configure('crisismerge', 16);
  }

  #configure(name: 'automerge' | 'crisismerge' | 'hashsize', value: number): void {
    // As text: a bound number would be a real one, which is refused.
    this.#db.exec(`insert into term (term, rank) values ('${name}', ${String(value)})`);
  }

  /** Closes the file. No other file is left beside it when nobody else has it open. */
  close(): void {
    this.#db.close();
  }

  /** Closes and deletes the file: for one that turned out to be damaged. */
  destroy(): void {
    const file = this.#db.name;
    this.#db.close();
    removeIndex(file);
  }
}

function readMeta(db: Database.Database, name: string): string | undefined {
  return db.prepare<[string], string>('select value from meta where name = ?').pluck().get(name);
}
