import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '@medplum/fhirtypes';
import { openSearch, parseSearch, searchParameters } from '../../../audit/search/index.ts';
import type { Search, SearchPage } from '../../../audit/search/index.ts';
import { anyCondition, anyEvent, asQuery } from '../../support/any-event.ts';
import { evaluate, holds, r4Definitions, typeOf } from '../../support/independent-search.ts';
import type { AskedCondition, Evaluated } from '../../support/independent-search.ts';
import { makeTestLedger } from '../../support/search-events.ts';
import type { TestLedger } from '../../support/search-events.ts';

const bases = ['https://ehr/fhir', 'http://gateway/fhir'];

interface Known {
  readonly id: string;
  readonly recorded: string;
  readonly evaluated: Evaluated;
}

let home: TestLedger;
let search: Search;
let known: Known[] = [];

beforeAll(async () => {
  home = await makeTestLedger();
  search = await openSearch({
    ledgerDirectory: home.ledger.directory,
    origin: home.ledger.origin,
    file: join(home.folder, 'index.sqlite'),
    key: new Uint8Array(32).fill(7),
    lingerMs: 1,
  });
});

afterAll(async () => {
  await search.close();
  await home.remove();
});

async function append(events: readonly { readonly recorded: string }[]): Promise<void> {
  const added = events.map((event, i) => ({ ...event, id: `e${String(known.length + i)}` }));
  // As stored: what is undefined is not there.
  const texts = added.map((event) => JSON.stringify(event));
  known = [
    ...known,
    ...texts.map((text, i) => ({
      id: added[i]?.id ?? '',
      recorded: added[i]?.recorded ?? '',
      evaluated: evaluate(JSON.parse(text) as AuditEvent),
    })),
  ];
  await home.append(texts);
}

function expected(conditions: readonly AskedCondition[], oldestFirst: boolean): string[] {
  const found = known
    .map((event, leaf) => ({ ...event, leaf }))
    .filter(({ evaluated }) => conditions.every((one) => holds(evaluated, one, bases)))
    .sort((a, b) => (a.recorded < b.recorded ? -1 : a.recorded > b.recorded ? 1 : a.leaf - b.leaf))
    .map(({ id }) => id);
  return oldestFirst ? found : found.reverse();
}

async function page(raw: string): Promise<SearchPage> {
  const parsed = parseSearch(raw, { bases });
  if (parsed.kind === 'refused') throw new Error(`${raw}: ${JSON.stringify(parsed.issues)}`);
  return search.search(parsed.query, home.ledger.size);
}

const anyConditions = fc.array(anyCondition(searchParameters), { maxLength: 3 });
const fewEvents = fc.array(anyEvent, { minLength: 1, maxLength: 4 });

describe('a search', () => {
  it('gives what the definitions of its parameters say, in order, whatever arrives between pages', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { minLength: 3, maxLength: 8 }),
        fc.array(fc.tuple(anyConditions, fc.boolean()), { minLength: 4, maxLength: 4 }),
        fc.array(fewEvents, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 3, max: 60 }),
        async (events, searches, later, count) => {
          await append(events);
          for (const [conditions, oldestFirst] of searches) {
            const sort = oldestFirst ? '_sort=date' : '_sort=-date';
            const all = [...conditions.map(asQuery), sort, `_count=${String(count)}`].join('&');
            const wanted = expected(conditions, oldestFirst);
            const ids: string[] = [];
            let next: string | undefined;
            let turn = 0;
            do {
              const cursor: string = next === undefined ? '' : `&_cursor=${next}`;
              const { hits, total, next: after } = await page(`${all}&_total=accurate${cursor}`);
              ids.push(...hits.map(({ id }) => id));
              expect(total, all).toBe(wanted.length);
              next = after;
              const arriving = later[turn++];
              if (next !== undefined && arriving !== undefined) await append(arriving);
            } while (next !== undefined);
            expect(ids, all).toEqual(wanted);
            found += ids.length;
            const counted = await page(`${conditions.map(asQuery).join('&')}&_summary=count`);
            const now = expected(conditions, true).length;
            expect(counted).toEqual({ hits: [], total: now, next: undefined });
          }
        },
      ),
      { numRuns: 25 },
    );
    // A filter that never matched anything would agree with anything.
    expect(found).toBeGreaterThan(500);
    expect(known.length).toBeGreaterThan(150);
  }, 120_000);

  it.each(searchParameters.map(({ name }) => name))(
    'by %s is tried with each modifier, and hits and misses',
    async (name) => {
      const declared = searchParameters.filter((parameter) => parameter.name === name);
      let hits = 0;
      let misses = 0;
      await fc.assert(
        fc.asyncProperty(anyCondition(declared), async (condition) => {
          const { hits: found, next } = await page(`${asQuery(condition)}&_count=1000`);
          expect(next).toBeUndefined();
          const wanted = expected([condition], false);
          expect(found.map(({ id }) => id)).toEqual(wanted);
          if (wanted.length > 0) hits += 1;
          if (wanted.length < known.length) misses += 1;
        }),
        { numRuns: 15 },
      );
      expect(hits).toBeGreaterThan(0);
      expect(misses).toBeGreaterThan(0);
    },
    60_000,
  );
});

describe('the parameters', () => {
  const declared = new Map(searchParameters.map((parameter) => [parameter.name, parameter]));

  it('are all that R4 defines for AuditEvent, and have its types', () => {
    const { size } = r4Definitions;
    expect(size).toBeGreaterThan(20);
    for (const [name, { type }] of r4Definitions) {
      if (['_source'].includes(name)) continue;
      expect(declared.get(name)?.type, name).toBe(type);
    }
  });

  it('have the types that this test knows them by', () => {
    for (const [name, { type }] of declared) expect(typeOf(name), name).toBe(type);
  });
});
