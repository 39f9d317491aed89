import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../audit/ledger/index.ts';
import { openReader } from '../../audit/ledger/index.ts';
import { openSearch, parseSearch } from '../../audit/search/index.ts';
import { endingOf } from '../../cli/exit-codes.ts';
import { indexCommand, progressText } from '../../cli/index-rebuild.ts';
import { firstDayMs, eventText } from '../support/search-events.ts';
import { openTestLedger, record, temporaryFolder } from '../support/temporary-ledger.ts';

const key = new Uint8Array(32).fill(5);

function makeTerminal(): {
  out: string[];
  notes: string[];
  terminal: Parameters<typeof indexCommand>[1];
} {
  const out: string[] = [];
  const notes: string[] = [];
  return {
    out,
    notes,
    terminal: {
      out: (line) => out.push(line),
      note: (line) => notes.push(line),
      progress: (line) => notes.push(line),
      endWhenUnread: () => undefined,
      paint: (_style, text) => text,
    },
  };
}

const event = (id: string): string =>
  eventText({
    id,
    recordedMs: firstDayMs,
    patients: ['Patient/a'],
    user: 'Practitioner/a',
    outcome: '0',
    action: 'R',
    requestId: `request-${id}`,
    requestIdSystem: undefined,
  });

interface Place {
  readonly directory: string;
  readonly keyFile: string;
  readonly ledger: Ledger;
}

async function makePlace(bodies: readonly string[]): Promise<Place> {
  const folder = temporaryFolder();
  const directory = join(folder, 'audit');
  const ledger = await openTestLedger(directory);
  for (const body of bodies) await ledger.append([record(body)]);
  const keyFile = join(folder, 'index.key');
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { directory, keyFile, ledger };
}

const search = async (place: Place, warnings: string[] = []): Promise<string[]> => {
  const opened = await openSearch({
    ledgerDirectory: place.ledger.directory,
    origin: place.ledger.origin,
    file: join(place.directory, 'search-index.db'),
    key,
    onWarning: (text) => warnings.push(text),
  });
  const parsed = parseSearch('patient=a');
  if (parsed.kind === 'refused') throw new Error('refused');
  const reader = openReader(place.ledger.directory);
  const { hits } = await opened.search(parsed.query, reader.size());
  reader.close();
  await opened.close();
  return hits.map(({ id }) => id);
};

const rebuild = (place: Place, ...more: string[]): Promise<string[]> => {
  const { out, terminal } = makeTerminal();
  const args = ['rebuild', place.directory, '--key', place.keyFile, ...more];
  return indexCommand(args, terminal).then(() => out);
};

const endingOfRun = async (args: readonly string[]): Promise<ReturnType<typeof endingOf>> => {
  try {
    await indexCommand(args, makeTerminal().terminal);
  } catch (error) {
    return endingOf(error);
  }
  throw new Error('did not fail');
};

describe('index rebuild', () => {
  it('makes an index that the search takes as its own, and says what it made', async () => {
    const place = await makePlace([event('one'), 'no event', event('two')]);
    await place.ledger.close();
    const [line = ''] = await rebuild(place, '--json');
    expect(JSON.parse(line)).toMatchObject({
      origin: 'chaperone.example.org/test/1',
      leaves: 4,
      events: 2,
      unreadable: 1,
    });
    const files = readdirSync(place.directory).filter((name) => name.startsWith('search-index'));
    expect(files).toEqual(['search-index.db']);
    const warnings: string[] = [];
    expect(await search(place, warnings)).toEqual(['two', 'one']);
    expect(warnings).toEqual([]);
    expect((await rebuild(place)).join('\n')).toContain('2 of 4 leaves');
  });

  it('replaces an index that hides an event, and one with its log beside it', async () => {
    const place = await makePlace([event('one')]);
    expect(await search(place)).toEqual(['one']);
    await place.ledger.append([record(event('two'))]);
    await place.ledger.close();
    const file = join(place.directory, 'search-index.db');
    writeFileSync(file, 'no database');
    writeFileSync(`${file}-wal`, 'no log');
    await rebuild(place);
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(await search(place)).toEqual(['two', 'one']);
  });

  it('is refused with 73 while a gateway has the ledger, and leaves the index alone', async () => {
    const place = await makePlace([event('one')]);
    const file = join(place.directory, 'search-index.db');
    const args = ['rebuild', place.directory, '--key', place.keyFile];
    expect(await endingOfRun(args)).toMatchObject({ code: 73 });
    expect(existsSync(file)).toBe(false);
    await place.ledger.close();
    await rebuild(place);
    expect(existsSync(file)).toBe(true);
  });

  it('takes ledger and key from a configuration', async () => {
    const place = await makePlace([event('one')]);
    await place.ledger.close();
    const config = join(place.directory, 'chaperone.yaml');
    writeFileSync(
      config,
      [
        'upstream: { baseUrl: "http://127.0.0.1:1/fhir" }',
        `audit: { directory: ${JSON.stringify(place.directory)}, origin: chaperone.example.org/test }`,
        `keys: { directory: ${JSON.stringify(join(place.keyFile, '..'))} }`,
      ].join('\n'),
    );
    const { out, terminal } = makeTerminal();
    expect(await indexCommand(['rebuild', '--config', config, '--json'], terminal)).toBe(0);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({ events: 1 });
  });

  it('says what is wrong with what it was given', async () => {
    const place = await makePlace([event('one')]);
    await place.ledger.close();
    const { directory, keyFile } = place;
    const usage = (args: readonly string[], text: RegExp): Promise<void> =>
      endingOfRun(args).then((ending) => {
        expect(ending).toMatchObject({ code: 2, text: expect.stringMatching(text) as string });
      });
    await usage(['rebuild'], /either --config FILE, or DIR/);
    await usage(['rebuild', directory], /--key FILE/);
    await usage(['build', directory], /Say what to do/);
    await usage(['rebuild', `${directory}-none`, '--key', keyFile], /no such folder/);
    await usage(['rebuild', join(keyFile, '..'), '--key', keyFile], /no ledger/);
    await usage(['rebuild', directory, '--key', `${keyFile}-none`], /no such key/);
    await usage(['rebuild', directory, '--key', keyFile, '--config', 'x'], /names ledger and key/);
    chmodSync(keyFile, 0o644);
    await usage(['rebuild', directory, '--key', keyFile], /mode to 0600/);
    writeFileSync(keyFile, 'short');
    chmodSync(keyFile, 0o600);
    await usage(['rebuild', directory, '--key', keyFile], /32 bytes/);
  });

  it('reports how far it is, how fast, and how long it will take', () => {
    const text = progressText({ step: 'reading', leaves: 250_000, size: 1_000_000 }, 5);
    expect(text).toBe('indexed 250,000 of 1,000,000 leaves (25 %), 50,000/s, 15 s left');
    const slow = progressText({ step: 'reading', leaves: 1, size: 1_000_000 }, 1);
    expect(slow).toContain('16667 min left');
    expect(progressText({ step: 'compacting', leaves: 7, size: 7 }, 1)).toContain('compacting');
  });
});
