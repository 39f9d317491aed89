/** The clinic of the demo for suites: free ports, a folder of its own that goes when it is closed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startClinic, type Clinic } from '../../cli/demo-clinic.ts';
import * as sample from '../../sample/index.ts';

/** Starts it; `close` also removes its folder. */
export async function startTestClinic(): Promise<Clinic> {
  const parent = mkdtempSync(path.join(tmpdir(), 'chaperone-clinic-'));
  const clinic = await startClinic(sample, {
    ports: { port: 0, reviewPort: 0, ehrPort: 0, appPort: 0 },
    directory: path.join(parent, 'demo'),
    fresh: false,
    warn: () => undefined,
  });
  return {
    ...clinic,
    async close() {
      await clinic.close();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
