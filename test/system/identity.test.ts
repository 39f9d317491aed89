/** Who is named in the record, at whatever point an exchange ends: with a real issuer and real keys. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { AuditEvent } from '@medplum/fhirtypes';
import { openReader } from '../../audit/ledger/index.ts';
import { startSampleEhr, type SampleEhr } from '../../sample/index.ts';
import { validateAuditEvent } from '../support/balp/index.ts';
import { detailOf } from '../support/face-under-test.ts';
import { makeSigningKey, signToken, startFakeIssuer } from '../support/fake-issuer.ts';
import type { FakeIssuer, SigningKey } from '../support/fake-issuer.ts';
import { startLocalGateway, type LocalGateway } from '../support/local-gateway.ts';
import { waitFor } from '../support/raw-client.ts';

interface Message {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

let upstream: SampleEhr;
let issuer: FakeIssuer;
let key: SigningKey;

beforeEach(async () => {
  upstream = await startSampleEhr({ port: 0, access: 'open' });
  key = await makeSigningKey('ES256', 'k1');
  issuer = await startFakeIssuer([key]);
});
afterEach(async () => {
  await issuer.close();
  await upstream.close();
});

async function open(identityBudgetMs = 2000, withIssuer = true): Promise<LocalGateway> {
  const gateway = await startLocalGateway({
    upstream: upstream.fhirBaseUrl,
    issuers: withIssuer ? [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri }] : [],
    gateway: { identityBudgetMs },
  });
  onTestFinished(() => gateway.stop());
  return gateway;
}

async function send(gateway: LocalGateway, path: string, init: Message = {}): Promise<Response> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer.issuer,
    sub: 'u-1',
    client_id: 'vitals',
    jti: 'j-1',
    exp: now + 300,
  };
  const headers = { ...init.headers, authorization: `Bearer ${await signToken(key, claims)}` };
  const answer = await fetch(`${gateway.publicBaseUrl}${path}`, { ...init, headers });
  await answer.arrayBuffer();
  return answer;
}

const confidences = (events: readonly AuditEvent[]): (string | undefined)[] =>
  events.map((event) => detailOf(event, 'identity-confidence'));
const csv = { method: 'POST', body: 'a,b', headers: { 'content-type': 'text/csv' } };
const fhir = { 'content-type': 'application/fhir+json' };
const change = { method: 'PUT', body: '{"resourceType":"Patient","id":"mei"}', headers: fhir };
const create = { method: 'POST', body: '{"resourceType":"Observation"}' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl';
const place = `subject:identifier=urn:x|${token}&code=a`;

describe('with keys at hand', () => {
  it.each<readonly [string, string, Message, number]>([
    ['a read', '/Patient/zoe', {}, 200],
    ['a change', '/Patient/mei', change, 200],
    ['a refusal before contact', '/Patient', csv, 415],
    ['a refusal of the target', '/Patient//zoe', {}, 400],
  ])('%s names a verified user, at the first token already', async (_name, path, init, status) => {
    const gateway = await open();
    expect((await send(gateway, path, init)).status).toBe(status);
    expect(confidences(gateway.events())).toEqual(['verified-signature']);
    expect(JSON.stringify(gateway.events())).toContain('"value":"u-1"');
  });

  it('the intent of a change names the verified user too: it may be all that is left', async () => {
    const gateway = await open();
    await send(gateway, '/Patient/mei', change);
    const reader = openReader(gateway.ledger.directory);
    onTestFinished(() => {
      reader.close();
    });
    const [intent] = reader.read(0, reader.size()).filter((leaf) => leaf.kind === 'intent');
    const event = JSON.parse(Buffer.from(intent?.body ?? []).toString()) as AuditEvent;
    expect(confidences([event])).toEqual(['verified-signature']);
  });
});

describe('with an issuer that is slower than the budget', () => {
  it.each<readonly [string, string, Message]>([
    ['a read', '/Patient/zoe', {}],
    ['a change', '/Patient/mei', change],
    ['a refusal', '/Patient', csv],
  ])(
    '%s is recorded without waiting, and an addendum names the user',
    async (_name, path, init) => {
      issuer.behaviour.delayMs = 400;
      const gateway = await open(30);
      await send(gateway, path, init);
      const [first] = gateway.events();
      expect(detailOf(first, 'identity-reason')).toBe('keys-pending');
      expect(detailOf(first, 'identity-confidence')).not.toBe('verified-signature');
      await waitFor(() => gateway.events().length === 2);
      const [, addendum] = gateway.events();
      expect(detailOf(addendum, 'record-kind')).toBe('addendum');
      expect(detailOf(addendum, 'original-record')).toBe(first?.id);
      expect(confidences([addendum as AuditEvent])).toEqual(['verified-signature']);
      for (const event of gateway.events()) expect(validateAuditEvent(event)).toEqual([]);
    },
  );
});

describe('without an issuer', () => {
  it('a success of the upstream vouches for a token, but not where everybody is let in', async () => {
    const gateway = await open(250, false);
    await send(gateway, '/Patient/zoe');
    await send(gateway, '/metadata');
    expect(confidences(gateway.events())).toEqual(['unverified-accepted', 'unverified-claims']);
  });

  it('a token in the place of a request id is not stored', async () => {
    const gateway = await open(250, false);
    await send(gateway, '/Patient/zoe', { headers: { 'x-request-id': token } });
    await send(gateway, '/Patient/zoe', { headers: { 'x-request-id': 'from-the-app' } });
    const ids = gateway.events().map((event) => detailOf(event, 'correlation-id'));
    expect(ids).toEqual(['redacted', 'from-the-app']);
  });

  it.each<readonly [string, string, Message]>([
    ['a form', '/Observation/_search', { method: 'POST', body: place, headers: form }],
    ['a query', `/Observation?${place}`, {}],
    ['a condition', '/Observation', { ...create, headers: { ...fhir, 'if-none-exist': place } }],
  ])(
    'nor is one in the place of the identifier of a patient, in %s',
    async (_name, path, message) => {
      const gateway = await open(250, false);
      await send(gateway, path, message);
      const [event] = gateway.events();
      expect(JSON.stringify(event)).toContain('"system":"urn:x","value":"redacted"');
      expect(JSON.stringify(event)).not.toContain(token);
    },
  );
});
