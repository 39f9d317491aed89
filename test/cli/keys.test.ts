import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/exit-codes.ts';
import { ensureReaderToken, loadKey } from '../../cli/keys.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'chaperone-keys-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const modeOf = (file: string): number => statSync(file).mode % 0o1000;

describe('a key', () => {
  it('is made once, for its owner alone, and is the same from then on', () => {
    const keys = path.join(folder, 'keys');
    const key = loadKey(keys, 'a.key');
    expect(key).toHaveLength(32);
    expect(loadKey(keys, 'a.key')).toEqual(key);
    expect(loadKey(keys, 'b.key')).not.toEqual(key);
    expect([modeOf(keys), modeOf(path.join(keys, 'a.key'))]).toEqual([0o700, 0o600]);
  });

  it.each([0o640, 0o604, 0o610])('is refused when others can use it (mode %o)', (mode) => {
    const keys = path.join(folder, `mode-${String(mode)}`);
    loadKey(keys, 'a.key');
    chmodSync(path.join(keys, 'a.key'), mode);
    expect(() => loadKey(keys, 'a.key')).toThrow(UsageError);
    chmodSync(path.join(keys, 'a.key'), 0o600);
    expect(loadKey(keys, 'a.key')).toHaveLength(32);
  });

  it('is refused when it has another length', () => {
    writeFileSync(path.join(folder, 'short.key'), 'short', { mode: 0o600 });
    expect(() => loadKey(folder, 'short.key')).toThrow(/32 bytes/);
  });
});

describe("a reader's credential", () => {
  it('is made once, for its owner alone, and never written over', () => {
    const file = path.join(folder, 'reader.token');
    expect(ensureReaderToken(file)).toBe(true);
    const token = readFileSync(file, 'utf8').trim();
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(modeOf(file)).toBe(0o600);
    expect(ensureReaderToken(file)).toBe(false);
    expect(readFileSync(file, 'utf8').trim()).toBe(token);
  });
});
