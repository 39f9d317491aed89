import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSearch, parseSearch } from '../../../audit/search/index.ts';
import type { Search, SearchPage, SearchQuery } from '../../../audit/search/index.ts';
import { makeTokens } from '../../../audit/search/tokens.ts';
import { eventText, firstDayMs, makeTestLedger } from '../../support/search-events.ts';
import type { AccessFacts, TestLedger } from '../../support/search-events.ts';

const key = new Uint8Array(32).fill(7);
const bases = ['https://ehr/fhir'];

let home: TestLedger;
let open: Search[];

beforeEach(async () => {
  home = await makeTestLedger();
  open = [];
});

afterEach(async () => {
  for (const search of open) await search.close();
  await home.remove();
});

async function start(
  options: { origin?: string; key?: Uint8Array; file?: string; waitMs?: number } = {},
): Promise<{ search: Search; file: string; warnings: string[] }> {
  const warnings: string[] = [];
  const file = options.file ?? join(home.folder, 'index.sqlite');
  const search = await openSearch({
    ledgerDirectory: home.ledger.directory,
    origin: options.origin ?? home.ledger.origin,
    file,
    key: options.key ?? key,
    lingerMs: 1,
    onWarning: (message) => warnings.push(message),
    ...(options.waitMs === undefined ? {} : { waitMs: options.waitMs }),
  });
  open.push(search);
  return { search, file, warnings };
}

async function stop(search: Search): Promise<void> {
  await search.close();
  open = open.filter((other) => other !== search);
}

function query(raw: string): SearchQuery {
  const parsed = parseSearch(raw, { bases });
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.issues));
  return parsed.query;
}

const ask = (search: Search, raw: string): Promise<SearchPage> =>
  search.search(query(raw), home.ledger.size);

/** All pages of a search. */
async function all(search: Search, raw: string): Promise<string[]> {
  const ids: string[] = [];
  let page = await ask(search, raw);
  for (;;) {
    ids.push(...page.hits.map((hit) => hit.id));
    if (page.next === undefined) return ids;
    page = await ask(search, `${raw}&_cursor=${page.next}`);
  }
}

const sample = (id: string, facts: Partial<AccessFacts> = {}): AccessFacts => ({
  id,
  recordedMs: firstDayMs,
  patients: ['Patient/a'],
  user: 'Practitioner/a',
  outcome: '0',
  action: 'R',
  requestId: `request-${id}`,
  requestIdSystem: undefined,
  ...facts,
});

const codeOf = (cause: unknown): unknown => (cause as { code?: unknown }).code;

describe('a search', () => {
  it('finds an event right after its append, without having been notified', async () => {
    const { search } = await start();
    for (let i = 0; i < 20; i++) {
      await home.append([eventText(sample(`e${String(i)}`, { requestId: `q${String(i)}` }))]);
      const page = await ask(search, `entity.identifier=q${String(i)}`);
      expect(page.hits.map((hit) => hit.id)).toEqual([`e${String(i)}`]);
    }
  });

  it('gives exactly the bytes that were committed', async () => {
    const { search } = await start();
    const odd = `{ "resourceType" : "AuditEvent",\t"id":"odd","recorded":"2026-02-27T00:00:00.000Z",
      "outcomeDesc":"\\u00e9 é 𝒳 \\/", "n":1.50, "n":1.5 }`;
    await home.append([odd]);
    expect(await search.read('odd', home.ledger.size)).toEqual(new Uint8Array(Buffer.from(odd)));
    const page = await ask(search, '_id=odd');
    expect(Buffer.from(page.hits[0]?.bytes ?? []).toString()).toBe(odd);
    expect(await search.read('other', home.ledger.size)).toBeUndefined();
  });

  it('shows records only: an intent is not an event, its outcome is', async () => {
    const { search } = await start();
    const handle = await home.ledger.openIntent({
      kind: 'intent',
      bodies: [eventText(sample('unknown-effect'))],
    });
    expect((await ask(search, '')).hits).toEqual([]);
    await home.ledger.append([{ kind: 'record', body: eventText(sample('settled')) }], {
      settles: handle,
    });
    expect(await all(search, '')).toEqual(['settled']);
  });

  it('passes over a record that is not an AuditEvent, and says so', async () => {
    const { search, warnings } = await start();
    await home.append([eventText(sample('one')), 'not JSON', '{"resourceType":"Patient"}']);
    expect(await all(search, '')).toEqual(['one']);
    expect(warnings).toEqual(['2 records cannot be searched.']);
  });

  it('fails rather than answer from less than it was asked for', async () => {
    const hasty = await start({ waitMs: 50 });
    await home.append([eventText(sample('one'))]);
    const tooMany = hasty.search.search(query(''), home.ledger.size + 1);
    await expect(tooMany).rejects.toMatchObject({ code: 'SEARCH_BEHIND' });
    await stop(hasty.search);
    const { search } = await start();
    expect((await search.search(query(''), home.ledger.size)).hits).toHaveLength(1);
  });

  it('lets a bounded number of searches wait, and no more', async () => {
    const { search } = await start();
    const never = Array.from({ length: 256 }, () => search.search(query(''), 1e9).catch(codeOf));
    await expect(ask(search, '')).rejects.toMatchObject({ code: 'SEARCH_BUSY' });
    await stop(search);
    expect(new Set(await Promise.all(never))).toEqual(new Set(['SEARCH_CLOSED']));
  });

  it('refuses after it was closed', async () => {
    const { search } = await start();
    await stop(search);
    await expect(search.search(query(''), 0)).rejects.toMatchObject({ code: 'SEARCH_CLOSED' });
  });
});

describe('paging', () => {
  it('shows each event once while others arrive', async () => {
    const { search } = await start();
    const before = Array.from({ length: 95 }, (_, i) => `before${String(i)}`);
    await home.append(before.map((id) => eventText(sample(id))));
    const seen: string[] = [];
    let cursor = '';
    for (let turn = 0; ; turn++) {
      const page = await ask(search, `patient=a&_count=10${cursor}`);
      seen.push(...page.hits.map((hit) => hit.id));
      if (page.next === undefined) break;
      cursor = `&_cursor=${page.next}`;
      await home.append([eventText(sample(`during${String(turn)}`))]);
    }
    expect(seen).toEqual([...before].reverse());
  });

  it('has no next page after the last hit', async () => {
    const { search } = await start();
    await home.append(['a', 'b', 'c', 'd'].map((id) => eventText(sample(id))));
    expect((await ask(search, '_count=4')).next).toBeUndefined();
    expect((await ask(search, '_count=3')).next).toBeDefined();
  });

  it('ends a page early when it becomes very large', async () => {
    const { search } = await start();
    const filler = 'x'.repeat(6 * 1024 * 1024);
    await home.append(['a', 'b', 'c', 'd'].map((id) => eventText(sample(id), filler)));
    const page = await ask(search, '');
    expect(page.hits.map((hit) => hit.id)).toEqual(['d', 'c', 'b']);
    expect(await all(search, '')).toEqual(['d', 'c', 'b', 'a']);
  });
});

describe('the index file', () => {
  const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `e${String(i)}`);
  const fill = async (count: number): Promise<void> => {
    await home.append(ids(count).map((id) => eventText(sample(id))));
  };

  it('is taken up where it was left, without a warning', async () => {
    await fill(5);
    const first = await start();
    expect(await all(first.search, '')).toHaveLength(5);
    await stop(first.search);
    await fill(3);
    const second = await start();
    expect(second.search.position()).toBeGreaterThanOrEqual(5);
    expect(await all(second.search, '')).toHaveLength(8);
    expect(second.warnings).toEqual([]);
  });

  it('is built anew after it was deleted', async () => {
    await fill(5);
    const first = await start();
    await all(first.search, '');
    await stop(first.search);
    for (const suffix of ['', '-wal', '-shm']) await rm(first.file + suffix, { force: true });
    const second = await start();
    expect(await all(second.search, '')).toEqual(ids(5).reverse());
    expect(second.warnings).toEqual([]);
  });

  it.each([
    ['another origin', { origin: 'test.example/other/1' }],
    ['another key', { key: new Uint8Array(32).fill(8) }],
  ])('is built anew for %s', async (_name, other) => {
    await fill(5);
    const first = await start();
    await all(first.search, '');
    await stop(first.search);
    const second = await start(other);
    expect(await all(second.search, 'patient=a')).toEqual(ids(5).reverse());
    expect(second.warnings).toHaveLength(1);
  });

  it.each([
    ['knows more than the ledger', 9],
    ['has another history of the same length', 5],
  ])('is built anew when it %s', async (_name, count) => {
    const other = await makeTestLedger();
    const file = join(home.folder, 'index.sqlite');
    await other.append(ids(count).map((id) => eventText(sample(`other-${id}`))));
    const foreign = await openSearch({
      ledgerDirectory: other.ledger.directory,
      origin: home.ledger.origin,
      file,
      key,
    });
    await foreign.search(query(''), other.ledger.size);
    await foreign.close();
    await other.remove();
    await fill(5);
    const { search, warnings } = await start();
    expect(await all(search, '')).toEqual(ids(5).reverse());
    expect(warnings).toHaveLength(1);
  });

  it('is built anew when it is no database', async () => {
    await fill(5);
    await writeFile(join(home.folder, 'index.sqlite'), randomBytes(20_000));
    const { search } = await start();
    expect(await all(search, '')).toEqual(ids(5).reverse());
  });

  it('is built anew when it turns out to be damaged', async () => {
    await fill(2000);
    const first = await start();
    await ask(first.search, '');
    await stop(first.search);
    const bytes = await readFile(first.file);
    await writeFile(first.file, bytes.fill(0xff, bytes.length - 6 * 8192));
    const { search, warnings } = await start();
    await expect(all(search, 'patient=a&_count=1000')).rejects.toMatchObject({
      code: 'SEARCH_FAILED',
    });
    const count = async (): Promise<number> =>
      (await ask(search, 'patient=a').catch(() => undefined))?.hits.length ?? 0;
    await expect.poll(count, { timeout: 10_000 }).toBe(50);
    expect(await all(search, 'patient=a&_count=1000')).toEqual(ids(2000).reverse());
    expect(warnings).toEqual(['The search worker failed and will be started again.']);
  });

  it('cannot add an event to an answer, whatever somebody wrote into it', async () => {
    await home.append([eventText(sample('mine')), eventText(sample('other', { user: undefined }))]);
    const first = await start();
    expect(await all(first.search, 'agent=Practitioner/a')).toEqual(['mine']);
    await stop(first.search);
    const tokens = makeTokens(key);
    const forged = tokens.ofReference('agent', { base: '', type: 'Practitioner', id: 'a' });
    const database = new Database(first.file);
    const leafIndex = home.ledger.size - 1;
    database.exec(`insert into term (rowid, token) values (${String(leafIndex + 1)}, '${forged}')`);
    database.close();
    const second = await start();
    // The twin: the index does propose it.
    const counted = await ask(second.search, 'agent=Practitioner/a&_summary=count');
    expect(counted.total).toBe(2);
    expect(await all(second.search, 'agent=Practitioner/a')).toEqual(['mine']);
    expect(second.warnings).toEqual([]);
  });

  it('is built anew when its list of values does not open', async () => {
    await fill(5);
    const first = await start();
    await all(first.search, '');
    await stop(first.search);
    const database = new Database(first.file);
    database.exec('update listed set sealed = zeroblob(60) where number = 1');
    database.close();
    const second = await start();
    expect(await all(second.search, 'action=R')).toEqual(ids(5).reverse());
    expect(second.warnings).toHaveLength(1);
  });

  it('holds no value of an event', async () => {
    const canary = sample('canary-id', {
      patients: ['Patient/canary-patient'],
      user: 'Practitioner/canary-user',
      requestId: 'canary-request',
    });
    const { search, file } = await start();
    await home.append([eventText(canary)]);
    expect(await all(search, 'patient=canary-patient')).toEqual(['canary-id']);
    await stop(search);
    const bytes = (await readFile(file)).toString('latin1');
    expect(bytes).not.toContain('canary');
    // The twin: what such a scan is able to find.
    expect(bytes).toContain(home.ledger.origin);
  });

  it('follows the ledger when notified, without a search', async () => {
    const { search } = await start();
    home.ledger.onCommit((size) => {
      search.notify(size);
    });
    await fill(3);
    await expect.poll(() => search.position()).toBe(home.ledger.size);
  });
});
