/**
 * Starts and stops the local HAPI FHIR server (`up.sh`, `down.sh`) for one run of the suite.
 */
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A HAPI server of our own, with an empty store. */
export interface HapiServer {
  /** FHIR base, without trailing slash. */
  readonly base: string;
  /** Seconds from the call until it answered, downloads included. */
  readonly startSeconds: number;
  readonly stop: () => Promise<void>;
}

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

/** Starts the server on a free loopback port. The first start on a machine downloads 340 MB. */
export async function startHapi(): Promise<HapiServer> {
  const port = String(await freePort());
  const startedAt = Date.now();
  const stop = async (): Promise<void> => {
    await run(join(here, 'down.sh'), [port]);
  };
  try {
    // HAPI_OWNER: a run that is killed leaves no server of 1 GB behind.
    await run(join(here, 'up.sh'), [port], {
      env: { ...process.env, HAPI_OWNER: String(process.pid) },
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    base: `http://127.0.0.1:${port}/fhir`,
    startSeconds: (Date.now() - startedAt) / 1000,
    stop,
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
