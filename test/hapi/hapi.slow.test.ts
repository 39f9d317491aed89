/**
 * A real HAPI FHIR server, with and without the gateway in front of it: equal answers, every
 * exchange recorded, and no request that goes around.
 *
 * `CHAPERONE_TEST_UPSTREAM` names the FHIR base of the server; without it the suite starts a HAPI
 * server of its own. See README.md beside this file.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateAuditEvent } from '../support/balp/index.ts';
import { projectRoot, startGateway } from '../support/gateway-process.ts';
import type { GatewayProcess } from '../support/gateway-process.ts';
import { openFace } from './face.ts';
import type { Exchanged, Face } from './face.ts';
import { header, send } from './http.ts';
import { bodyText, firstDifference, nameCanonicals, normaliseResponse } from './normalise.ts';
import { recordedOf } from './record.ts';
import { startRelay } from './relay.ts';
import type { Relay } from './relay.ts';
import { scenarios } from './scenarios.ts';
import { startHapi } from './server.ts';
import type { HapiServer } from './server.ts';

/** What stands where during the run. */
interface Setup {
  /** FHIR base of the server, asked directly. */
  readonly server: string;
  /** The server as the gateway knows it. */
  readonly upstream: string;
  readonly gateway: GatewayProcess;
  readonly relay: Relay | undefined;
  readonly hapi: HapiServer | undefined;
  readonly directory: string;
}

const given = process.env['CHAPERONE_TEST_UPSTREAM'];
// A relay of ours passes for the server only where the server makes its URLs from `Host`, and
// without TLS: so with a server given by hand there is none.
const isOwn = given === undefined || process.env['CHAPERONE_TEST_UPSTREAM_IS'] === 'own';

let setup: Setup | undefined;
const faces: Face[] = [];
const throughGateway: Exchanged[] = [];

beforeAll(async () => {
  const hapi = given === undefined ? await startHapi() : undefined;
  const server = (given ?? hapi?.base ?? '').replace(/\/+$/u, '');
  const { origin, pathname } = new URL(server);
  const relay = isOwn ? await startRelay(origin) : undefined;
  const upstream = relay === undefined ? server : `${relay.origin}${pathname}`;
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-hapi-'));
  const gateway = await startGateway({
    upstream,
    directory,
    // HAPI keeps a CapabilityStatement with the base of whoever asked first.
    config: relay === undefined ? {} : { upstream: { aliases: [server] } },
  });
  setup = { server, upstream, gateway, relay, hapi, directory };
  // The first start downloads, and a start on a busy machine takes minutes.
}, 600_000);

afterAll(async () => {
  if (setup === undefined) return;
  const { server, gateway, relay, hapi, directory } = setup;
  for (const resource of faces.flatMap((face) => face.created())) {
    await send({ method: 'DELETE', url: `${server}/${resource}`, headers: {}, body: undefined });
  }
  await gateway.stop();
  await relay?.close();
  await hapi?.stop();
  await rm(directory, { recursive: true, force: true });
});

function running(): Setup {
  if (setup === undefined) throw new Error('the gateway was not started');
  return setup;
}

const selected = scenarios.filter((scenario) => isOwn || scenario.ownServerOnly !== true);

describe.each(selected)('$name', ({ run }) => {
  let direct: Face;
  let through: Face;

  beforeAll(async () => {
    const { server, upstream, gateway } = running();
    const headers = isOwn ? { Authorization: 'Bearer synthetic-opaque-access-token' } : {};
    direct = openFace(server, [server], headers);
    through = openFace(gateway.appUrl, [server, upstream], headers);
    faces.push(direct, through);
    await run(direct);
    await run(through);
    throughGateway.push(...through.exchanges);
  });

  it('answers through the gateway as without it', () => {
    expect(through.exchanges.map(({ step }) => step)).toEqual(
      direct.exchanges.map(({ step }) => step),
    );
    for (const [index, { step, response }] of direct.exchanges.entries()) {
      const other = through.exchanges[index];
      if (other === undefined) throw new Error(`no exchange for ${step}`);
      const expected = normaliseResponse(response, direct.names);
      const actual = normaliseResponse(other.response, through.names);
      expect.soft({ ...actual, body: '' }, step).toEqual({ ...expected, body: '' });
      expect.soft(firstDifference(expected.body, actual.body), step).toBeUndefined();
    }
  });

  it('gives an exact length and a request id of its own to every answer', () => {
    const ids = through.exchanges.map(({ response }) => header(response, 'x-request-id'));
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { step, request, response } of through.exchanges) {
      if (request.method === 'HEAD' || response.status === 304) continue;
      expect.soft(header(response, 'content-length'), step).toBe(String(response.body.length));
    }
  });

  it('shows no address but its own', () => {
    const { server, upstream } = running();
    for (const { step, request, response } of through.exchanges) {
      expect.soft(request.url.startsWith(through.base), `${step}: ${request.url}`).toBe(true);
      const all = [...response.headers.map(([, value]) => value), bodyText(response)].join('\n');
      for (const base of [server, upstream]) {
        const text = nameCanonicals(all, base);
        for (const form of [base, encodeURIComponent(base), base.replaceAll('/', String.raw`\/`)]) {
          expect.soft(text.includes(form), `${step} speaks of ${form}`).toBe(false);
        }
      }
    }
  });

  it('records every exchange', async () => {
    const { gateway } = running();
    for (const { step, response, expected } of through.exchanges) {
      const requestId = header(response, 'x-request-id') ?? '';
      const events = await recordedOf(gateway, requestId);
      expect.soft(events.length, `${step}: number of events`).toBeGreaterThan(0);
      const patients = events.flatMap((event) => event.patients).sort();
      expect
        .soft(patients, `${step}: patients`)
        .toEqual(
          expected.interaction === undefined
            ? expect.arrayContaining([...expected.patients])
            : [...expected.patients].sort(),
        );
      for (const event of events) {
        expect.soft(validateAuditEvent(event.json), `${step}: validity`).toEqual([]);
        expect.soft(event.requestIds, step).toEqual([requestId]);
        expect.soft(event.patients.length, `${step}: patients of one event`).toBeLessThan(2);
        expect.soft(event.outcome, `${step}: outcome`).toBe(expected.outcome);
        if (expected.interaction === undefined) continue;
        expect.soft(event.interactions, `${step}: subtype`).toContain(expected.interaction);
        expect.soft(event.action, `${step}: action`).toBe(expected.action);
      }
    }
  });
});

describe('all of it together', () => {
  it.runIf(isOwn)('lets no request go around the gateway', () => {
    const seen = running().relay?.seen ?? [];
    expect(seen.map(({ requestId }) => requestId ?? 'none').sort()).toEqual(
      throughGateway.map(({ response }) => header(response, 'x-request-id')).sort(),
    );
  });

  it('leaves a ledger that verifies, with no intent open', async () => {
    expect(await verify(running().gateway.ledgerDirectory)).toMatchObject({
      ok: true,
      openIntents: 0,
      problems: [],
    });
  });
});

/** The report of `chaperone verify`, whatever its exit code. */
async function verify(directory: string): Promise<unknown> {
  const args = ['bin/chaperone.mjs', 'verify', directory, '--json'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: projectRoot }, (_error, stdout, stderr) => {
      resolve(stdout.startsWith('{') ? JSON.parse(stdout) : stderr);
    });
  });
}
