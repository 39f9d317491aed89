import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyLedger } from '../../../audit/ledger/index.ts';
import { expectLedger } from '../../support/expect-ledger.ts';
import { saidAfter, startLedgerProcess } from '../../support/ledger-process.ts';
import { openTestLedger, temporaryFolder } from '../../support/temporary-ledger.ts';

const kills = 10;

describe('a writer that is killed under load', () => {
  it(
    `has lost nothing that it acknowledged, ${String(kills)} times in a row`,
    { timeout: 60_000 },
    async () => {
      const directory = temporaryFolder();
      const durable: string[] = [];
      const intended: string[] = [];
      for (let kill = 0; kill < kills; kill++) {
        const writer = startLedgerProcess([directory, '128', '8']);
        await writer.said('record', 20 + kill * 7);
        writer.child.kill('SIGKILL');
        await writer.ended();
        durable.push(...saidAfter('record', writer));
        intended.push(...saidAfter('intent', writer));
        const [folder = ''] = readdirSync(directory).filter((name) => !name.endsWith('.lock'));
        expect(verifyLedger(join(directory, folder)).problems).toEqual([]);
      }
      const ledger = await openTestLedger(directory, { init: false });
      const seen = expectLedger(ledger.directory, { openIntents: [] });
      const records = new Set(seen.records);
      expect(durable.filter((body) => !records.has(body))).toEqual([]);
      // Each change has its outcome or "unknown", both parts of it, and never both kinds.
      for (const name of intended) {
        const settled = records.has(`done ${name}`);
        expect(records.has(`unknown ${name} a`)).toBe(!settled);
        expect(records.has(`unknown ${name} b`)).toBe(!settled);
      }
      expect(records.size).toBe(seen.records.length);
      // The loop is worth something only if some kills left changes in flight.
      expect(seen.leaves.filter((leaf) => leaf.kind === 12).length).toBeGreaterThan(0);
      expect(seen.files).toBeGreaterThan(1);
      expect(verifyLedger(directory).problems).toEqual([]);
    },
  );
});
