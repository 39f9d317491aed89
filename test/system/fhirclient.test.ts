/**
 * The SMART app library `fhirclient`, unchanged, with the gateway as its FHIR server. The upstream
 * emits absolute URLs of its own wherever a server may: every one of them would lead the app around
 * the gateway if it came through.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { validateAuditEvent } from '../support/balp/index.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { createAppClient, type AppClient } from '../support/fhirclient.ts';
import type { FakeAnswer, FakeUpstream, SeenRequest } from '../support/fake-upstream.ts';
import { startGateway } from '../support/gateway-process.ts';
import type { GatewayProcess } from '../support/gateway-process.ts';

const ann = { resourceType: 'Patient', id: 'ann', name: [{ family: 'Synthetic' }] };
const practitioner = { resourceType: 'Practitioner', id: 'p1' };
const pages = 3;

function observation(base: string, id: string): object {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { text: 'Heart rate' },
    subject: { reference: 'Patient/ann' },
    performer: [{ reference: `${base}/Practitioner/p1` }],
  };
}

function page(base: string, number: number): object {
  const id = `o${String(number)}`;
  const next = `${base}?_getpages=opaque&_getpagesoffset=${String(number)}`;
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    link: [
      { relation: 'self', url: `${base}/Observation?patient=ann` },
      ...(number < pages ? [{ relation: 'next', url: next }] : []),
    ],
    entry: [{ fullUrl: `${base}/Observation/${id}`, resource: observation(base, id) }],
  };
}

function answer({ method, path }: SeenRequest, base: string): FakeAnswer {
  if (method === 'POST' && path === 'Observation') {
    return { status: 201, headers: { Location: `${base}/Observation/new/_history/1` } };
  }
  const offset = /^\?_getpages=opaque&_getpagesoffset=(\d+)$/u.exec(path)?.[1];
  if (offset !== undefined) return { status: 200, body: page(base, Number(offset) + 1) };
  if (path === 'Patient/ann') return { status: 200, body: ann };
  if (path === 'Practitioner/p1') return { status: 200, body: practitioner };
  if (path === 'Observation?patient=ann') return { status: 200, body: page(base, 1) };
  if (path === 'Observation/new/_history/1' || path === 'Observation/o1') {
    return { status: 200, body: observation(base, 'o1') };
  }
  return { status: 404, body: { resourceType: 'OperationOutcome', issue: [] } };
}

let upstream: FakeUpstream;
let gateway: GatewayProcess;
let seenBefore = 0;

beforeAll(async () => {
  upstream = await startFakeUpstream(answer);
  gateway = await startGateway({ upstream: upstream.base });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

beforeEach(() => {
  seenBefore = upstream.seen.length;
});

function appAt(serverUrl: string): AppClient {
  return createAppClient({
    serverUrl,
    tokenResponse: { access_token: 'synthetic-access-token', patient: 'ann' },
  });
}

/** Requests of this test that did not come from the gateway: it marks each with a request id. */
function around(): readonly string[] {
  return requests()
    .filter(({ headers }) => headers['x-request-id'] === undefined)
    .map(({ path }) => path);
}

function requests(): readonly SeenRequest[] {
  return upstream.seen.slice(seenBefore);
}

/** Number of AuditEvents of every request of this test, by path; each must be valid. */
async function recorded(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { path, headers } of requests()) {
    const query = `entity.identifier=${String(headers['x-request-id'])}`;
    const response = await fetch(`${gateway.reviewUrl}/AuditEvent?${query}`, {
      headers: { Authorization: `Bearer ${gateway.readerToken}` },
    });
    const bundle = (await response.json()) as { entry?: readonly { resource: unknown }[] };
    for (const { resource } of bundle.entry ?? []) expect(validateAuditEvent(resource)).toEqual([]);
    counts[path] = bundle.entry?.length ?? 0;
  }
  return counts;
}

describe('an app that is pointed at the gateway', () => {
  it('reads the patient of its launch', async () => {
    expect(await appAt(gateway.appUrl).patient.read()).toEqual(ann);
    expect(around()).toEqual([]);
    expect(requests().map(({ headers }) => headers.authorization)).toEqual([
      'Bearer synthetic-access-token',
    ]);
    expect(await recorded()).toEqual({ 'Patient/ann': 1 });
  });

  it('follows the pages to the end', async () => {
    const found = await appAt(gateway.appUrl).request('Observation?patient=ann', {
      pageLimit: 0,
      flat: true,
    });
    expect(found).toMatchObject([{ id: 'o1' }, { id: 'o2' }, { id: 'o3' }]);
    expect(requests()).toHaveLength(pages);
    expect(around()).toEqual([]);
    expect(Object.values(await recorded())).toEqual([1, 1, 1]);
  });

  it('resolves references, relative and absolute', async () => {
    const found = await appAt(gateway.appUrl).request('Observation/o1', {
      resolveReferences: ['subject', 'performer'],
      graph: true,
    });
    expect(found).toMatchObject({ subject: ann, performer: [practitioner] });
    expect(
      requests()
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['Observation/o1', 'Patient/ann', 'Practitioner/p1']);
    expect(around()).toEqual([]);
    expect(await recorded()).toEqual({
      'Observation/o1': 1,
      'Patient/ann': 1,
      'Practitioner/p1': 1,
    });
  });

  it('creates, and reads what it created from the Location', async () => {
    const fresh = { ...observation(gateway.appUrl, ''), id: undefined };
    expect(await appAt(gateway.appUrl).create(fresh)).toMatchObject({ id: 'o1' });
    const [post, get] = requests();
    expect([post?.path, get?.path]).toEqual(['Observation', 'Observation/new/_history/1']);
    expect(around()).toEqual([]);
    expect(await recorded()).toEqual({ Observation: 1, 'Observation/new/_history/1': 1 });
    // What is stored upstream must not name the gateway: the inverse of what the app was shown.
    expect(JSON.parse(post?.body ?? '')).toMatchObject({
      performer: [{ reference: `${upstream.base}/Practitioner/p1` }],
    });
  });
});

describe('an app that is pointed at the upstream', () => {
  it('is seen to go around', async () => {
    await appAt(upstream.base).request('Observation?patient=ann', { pageLimit: 0 });
    expect(around()).toHaveLength(pages);
  });
});
