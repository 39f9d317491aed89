/** The one-pass scan against `JSON.parse`, the URL scanner and the mapping: equal wherever it answers. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bodyPositions,
  describe as describeExchange,
  type Exchange,
} from '../../../audit/event/index.ts';
import { createBodyScan } from '../../../gateway/scan/body-scan.ts';
import { scanSourceDigest } from '../../../gateway/scan/module.ts';
import { scanKeys } from '../../../gateway/scan/positions.ts';
import { fixedContext, readGoldens, wholeExchange } from '../../support/golden.ts';
import { urlMap, up } from '../urls/support.ts';

const scan = createBodyScan();
const urls = urlMap();
const keptUnder = (parent: string): ReadonlySet<string> => bodyPositions.get(parent) ?? new Set();

/** The value with nothing but the positions that the record needs: the plain way to say it. */
function pruned(value: unknown, parent: string): unknown {
  if (Array.isArray(value)) return value.map((element: unknown) => pruned(element, parent));
  if (typeof value !== 'object' || value === null) return value;
  const kept = keptUnder(parent);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => kept.has(key))
      .map(([key, member]) => [key, pruned(member, key)]),
  );
}

function parse(bytes: Uint8Array): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown };
  } catch {
    return undefined;
  }
}

/** The rewritten body as the slow way makes it; undefined when that withholds the answer. */
function slowly(bytes: Uint8Array): { readonly json: unknown; readonly body: string } | undefined {
  const parsed = parse(bytes);
  if (parsed === undefined) return undefined;
  const rewritten = urls.outwardBody(bytes);
  const flags = rewritten.flags.scanned ? rewritten.flags : urls.inspectBody(bytes);
  if (flags.duplicateKeys || flags.tooDeep || flags.malformed) return undefined;
  return { json: parsed.json, body: Buffer.from(rewritten.bytes).toString('latin1') };
}

/** Where the scan answers, it must have what the slow way has. Tells whether it answered. */
function expectEqual(bytes: Uint8Array): boolean {
  const scanned = scan(bytes);
  if (scanned === undefined) return false;
  const slow = slowly(bytes);
  expect(slow, 'the slow way withholds it').toBeDefined();
  expect(scanned.json).toEqual(pruned(slow?.json, ''));
  expect(Buffer.from(urls.outwardUrls(bytes, scanned.urls)).toString('latin1')).toBe(slow?.body);
  return true;
}

// A signature is left to the slow way, and would be in most bodies.
const commonKeys = scanKeys.slice(2).filter((key) => key !== 'signature');
const keyName = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...commonKeys) },
  { weight: 20, arbitrary: fc.constantFrom('text', 'div', 'idx', 'i', 'referenced', '') },
  { weight: 1, arbitrary: fc.string() },
);
const leaf = fc.oneof(
  fc.constantFrom(
    'Patient/1',
    `${up}/Patient/1`,
    `${up}?_getpages=1&x=${encodeURIComponent(`${up}/Patient/2`)}`,
    `${up}2/Patient/1`,
    'Bundle',
    'Zoë "Z" \\ \u2028 \u0000',
    'a\\\\"',
  ),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.constantFrom(true, false, null, -0, 1e300, 5e-324),
);
const { object: jsonObject } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  object: fc.dictionary(keyName, tie('value'), { maxKeys: 10 }),
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leaf,
    tie('object'),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
}));
const jsonText = fc
  .tuple(jsonObject, fc.constantFrom(undefined, 1, '\t'), fc.boolean())
  .map(([value, indent, escaped]) => {
    const text = JSON.stringify(value, undefined, indent);
    return escaped ? text.replaceAll('/', '\\/') : text;
  });

describe('a scanned body', () => {
  it('is what JSON.parse and the URL scanner make of it', () => {
    let answered = 0;
    const runs = 1000;
    fc.assert(
      fc.property(jsonText, (text) => {
        if (expectEqual(Buffer.from(text))) answered++;
      }),
      { numRuns: runs },
    );
    expect(answered).toBeGreaterThan(runs / 2);
  });

  it('is JSON to JSON.parse too, however the text was damaged', () => {
    const bytes = [...Buffer.from('"\\{}[]:,u019.eE+-truefalsn \n\t\r/bh\u0001é%')];
    fc.assert(
      fc.property(
        jsonText,
        fc.array(
          fc.record({
            at: fc.nat(),
            byte: fc.oneof(fc.constantFrom(...bytes), fc.integer({ min: 0, max: 255 })),
            how: fc.constantFrom('replace', 'insert', 'remove'),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        (text, damages) => {
          const damaged = [...Buffer.from(text)];
          for (const { at, byte, how } of damages) {
            const place = at % (damaged.length + 1);
            if (how === 'replace') damaged[place] = byte;
            else if (how === 'insert') damaged.splice(place, 0, byte);
            else damaged.splice(place, 1);
          }
          expectEqual(Uint8Array.from(damaged));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([0, 1, 2, 5, 30, 62, 63, 64, 65, 126, 16_310, 16_383, 16_384, 32_767])(
    'may have its tokens across any boundary (%i bytes before)',
    (before) => {
      for (let more = 0; more < 70; more++) {
        const blank = ' '.repeat(before + more);
        const text = `${blank}{"text":"\\\\\\"\\u00e9x","reference":"${up}/Patient/1","entry":[{"resource":{"resourceType":"Patient","id":"\\\\\\\\\\"","x":-1.5e+7}}]}`;
        expect(expectEqual(Buffer.from(text))).toBe(true);
        expect(expectEqual(Buffer.from(`{"a":"${blank}"${text.slice(before + more, -1)}}`))).toBe(
          false,
        );
      }
    },
  );

  it.each([
    ['nothing', ''],
    ['blanks', '  '],
    ['two values', '{} {}'],
    ['a comma too many', '{"id":"1",}'],
    ['a list that ends as an object', '[1}'],
    ['a list that ends as an object inside another', '{"x":[1}}'],
    ['an object that ends as a list', '{"x":{"id":1]}'],
    ['an open string', '{"id":"1'],
    ['an open object', '{"id":"1"'],
    ['a control character in a string', '{"id":"a\nb"}'],
    ['an escape that is none', '{"id":"\\x"}'],
    ['an escape cut short', '{"id":"\\u12"}'],
    ['a backslash at the end', '"\\'],
    ['a number with a leading zero', '[01]'],
    ['a number without digits', '[-]'],
    ['a fraction without digits', '[1.]'],
    ['an exponent without digits', '[1e]'],
    ['a word', '[nul]'],
    ['a longer word', '[trues]'],
    ['a value without comma', '[1 2]'],
    ['a key without quotes', '{id:1}'],
    ['a key without value', '{"id"}'],
    ['a byte order mark', '\ufeff{}'],
  ])('is not taken: %s', (_name, text) => {
    expect(scan(Buffer.from(text))).toBeUndefined();
  });

  it.each([
    ['a listed key twice', '{"id":"1","id":"2"}'],
    ['a listed key with an escape', '{"\\u0069d":"1"}'],
    ['more values than the tape has room for', `{"entry":[${'{},'.repeat(20_000)}{}]}`],
    ['a list', '[{"id":"1"}]'],
    ['a string', '"x"'],
    ['a number', '1'],
    ['a signature', '{"resourceType":"Bundle","signature":{}}'],
    ['too deep a nesting', `${'{"x":'.repeat(128)}{}${'}'.repeat(128)}`],
  ])('is left to JSON.parse: %s', (_name, text) => {
    expect(scan(Buffer.from(text))).toBeUndefined();
    expect(parse(Buffer.from(text))).toBeDefined();
  });

  it('is not taken when it is not UTF-8', () => {
    const bytes = [...Buffer.from('{"id":"'), 0xc3, 0x28, ...Buffer.from('"}')];
    expect(scan(Uint8Array.from(bytes))).toBeUndefined();
  });

  it('may be nested as deep as anything may', () => {
    expect(scan(Buffer.from(`${'{"x":'.repeat(127)}{}${'}'.repeat(127)}`))).toBeDefined();
  });

  it('may be large', () => {
    const entry = {
      resource: { resourceType: 'Observation', subject: { reference: 'Patient/é' } },
    };
    const body = { resourceType: 'Bundle', entry: Array.from({ length: 30_000 }, () => entry) };
    expect(expectEqual(Buffer.from(JSON.stringify(body)))).toBe(true);
  });

  it('gives the same events as the whole value', () => {
    let compared = 0;
    for (const golden of readGoldens()) {
      const exchange = wholeExchange(golden);
      if (exchange?.answer.kind !== 'answered') continue;
      const { answer } = exchange;
      if (answer.inspection.kind !== 'json') continue;
      const scanned = scan(Buffer.from(JSON.stringify(answer.inspection.json)));
      if (scanned === undefined) continue;
      const asScanned: Exchange = {
        ...exchange,
        answer: { ...answer, inspection: { kind: 'json', json: scanned.json } },
      };
      const events = describeExchange(asScanned, fixedContext());
      expect(events).toEqual(describeExchange(exchange, fixedContext()));
      compared++;
    }
    expect(compared).toBeGreaterThan(25);
  });

  it('has a number of one byte for every key', () => {
    expect(scanKeys.length).toBeLessThanOrEqual(256);
  });

  it('is compiled from the source that is there', () => {
    const source = readFileSync(new URL('../../../wasm/scan.ts', import.meta.url));
    expect(createHash('sha256').update(source).digest('hex')).toBe(scanSourceDigest);
  });
});
