/**
 * The index file: derived data in an SQLite file of its own, fed by `tail.ts`, asked by
 * `find.ts`, both in the index worker. It can be deleted at any time. Holds keyed hashes, leaf
 * indexes and instants; no value of an event.
 *
 * `term` is a contentless FTS5 table of tokens, its rowid the leaf index plus one. `event` has the
 * instant of each record; `zone` the earliest and latest instant of each block of leaves, which
 * turns a date range into a few ranges of leaves although instants are only nearly in leaf order.
 */
import Database from 'better-sqlite3';
import { existsSync, rmSync } from 'node:fs';
import type { Interval } from './query.ts';

/** Changes whenever what is indexed, or how, changes: an older file is then built anew. */
const format = '1';
const blockLeaves = 1024;

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
  /** Distinct tokens of {@link TokenHash}. */
  readonly tokens: readonly string[];
}

/** Leaf indexes, both ends included. */
export interface LeafRange {
  readonly low: number;
  readonly high: number;
}

/** A leaf that may be a hit. */
export interface Candidate {
  readonly leafIndex: number;
  readonly recordedMs: number;
}

/** Every group must have one of its tokens in the event. */
export type TokenGroups = readonly (readonly string[])[];

const schema = `
  create table meta (name text primary key, value text not null) without rowid;
  create table event (leaf integer primary key, recorded integer not null);
  create table zone (block integer primary key, low integer not null, high integer not null);
  create virtual table term using
    fts5(token, content='', detail=none, columnsize=0, tokenize='ascii');
`;

/** The open index file. Owned by one thread; every method is synchronous. */
export class IndexStore {
  readonly #db: Database.Database;
  readonly #insertTerm: Database.Statement<[number, string]>;
  readonly #insertEvent: Database.Statement<[number, number]>;
  readonly #widenZone: Database.Statement<[number, number, number]>;
  readonly #setMeta: Database.Statement<[string, string]>;
  #position: number;

  private constructor(db: Database.Database) {
    this.#db = db;
    this.#insertTerm = db.prepare('insert into term (rowid, token) values (?, ?)');
    this.#insertEvent = db.prepare('insert into event (leaf, recorded) values (?, ?)');
    this.#widenZone = db.prepare(
      `insert into zone (block, low, high) values (?, ?, ?) on conflict (block)
       do update set low = min(low, excluded.low), high = max(high, excluded.high)`,
    );
    this.#setMeta = db.prepare('insert or replace into meta (name, value) values (?, ?)');
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
    remove(file);
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
    return new IndexStore(db);
  }

  /** All leaves below this leaf index are indexed. */
  get position(): number {
    return this.#position;
  }

  /** Fingerprint of the last leaf that was indexed, as given to {@link add}; `''` when none. */
  get last(): string {
    return readMeta(this.#db, 'last') ?? '';
  }

  /** Adds the records of the next leaves, and moves the position, in one transaction. */
  add(rows: readonly IndexRow[], position: number, last: string): void {
    this.#db.transaction(() => {
      const zones = new Map<number, { low: number; high: number }>();
      for (const row of rows) {
        this.#insertTerm.run(row.leafIndex + 1, row.tokens.join(' '));
        this.#insertEvent.run(row.leafIndex, row.recordedMs);
        const block = Math.floor(row.leafIndex / blockLeaves);
        const zone = zones.get(block) ?? { low: row.recordedMs, high: row.recordedMs };
        zone.low = Math.min(zone.low, row.recordedMs);
        zone.high = Math.max(zone.high, row.recordedMs);
        zones.set(block, zone);
      }
      for (const [block, zone] of zones) this.#widenZone.run(block, zone.low, zone.high);
      this.#setMeta.run('position', String(position));
      this.#setMeta.run('last', last);
    })();
    this.#position = position;
  }

  /** Ranges of leaves below `end` that may hold an instant within, newest first. */
  ranges(within: readonly Interval[], end: number): readonly LeafRange[] {
    const blocks = new Set<number>();
    const overlapping = this.#db
      .prepare<[number, number], number>('select block from zone where high >= ? and low <= ?')
      .pluck();
    for (const interval of within) {
      for (const block of overlapping.iterate(interval.fromMs, interval.toMs)) blocks.add(block);
    }
    const ranges: { low: number; high: number }[] = [];
    for (const block of [...blocks].sort((a, b) => b - a)) {
      const low = block * blockLeaves;
      const last = ranges.at(-1);
      if (last?.low === low + blockLeaves) last.low = low;
      else ranges.push({ low, high: low + blockLeaves - 1 });
    }
    return ranges
      .filter((range) => range.low < end)
      .map((range) => ({ low: range.low, high: Math.min(range.high, end - 1) }));
  }

  /** The newest `limit` leaves of a range whose tokens meet every group, newest first. */
  candidates(groups: TokenGroups, range: LeafRange, limit: number): readonly Candidate[] {
    if (groups.length === 0) {
      return this.#db
        .prepare<[number, number, number], Candidate>(
          `select leaf as leafIndex, recorded as recordedMs from event
           where leaf between ? and ? order by leaf desc limit ?`,
        )
        .all(range.low, range.high, limit);
    }
    const match = groups.map((group) => `(${group.join(' OR ')})`).join(' AND ');
    return this.#db
      .prepare<[string, number, number, number], Candidate>(
        `select rowid - 1 as leafIndex,
           (select recorded from event where leaf = term.rowid - 1) as recordedMs
         from term where term match ? and rowid between ? and ? order by rowid desc limit ?`,
      )
      .all(match, range.low + 1, range.high + 1, limit);
  }

  close(): void {
    this.#db.close();
  }

  /** Closes and deletes the file: for one that turned out to be damaged. */
  destroy(): void {
    const file = this.#db.name;
    this.#db.close();
    remove(file);
  }
}

/** True for the errors by which SQLite says that a file is damaged. */
export function isDamage(cause: unknown): boolean {
  return cause instanceof Database.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/u.test(cause.code);
}

function remove(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
}

function connect(file: string, fileMustExist: boolean): Database.Database {
  const db = new Database(file, { fileMustExist });
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = WAL');
  // NORMAL syncs once per checkpoint and keeps position and content together over a power loss;
  // with OFF a part of the index could be lost unnoticed, and a search would miss events.
  db.pragma('synchronous = NORMAL');
  db.pragma('wal_autocheckpoint = 2000');
  db.pragma('cache_size = -16384');
  return db;
}

function readMeta(db: Database.Database, name: string): string | undefined {
  return db.prepare<[string], string>('select value from meta where name = ?').pluck().get(name);
}
