import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bundle, CapabilityStatement, OperationOutcome } from '@medplum/fhirtypes';
import type { Receipts } from '../../audit/ledger/index.ts';
import { r4Definitions } from '../support/independent-search.ts';
import {
  accessesIn,
  auditorToken,
  operatorToken,
  publicBase,
  startReviewFace,
} from '../support/review-face.ts';
import type { ReviewFace } from '../support/review-face.ts';
import { readEventText as event } from '../support/search-events.ts';

let face: ReviewFace;

beforeEach(async () => {
  face = await startReviewFace();
});

afterEach(async () => {
  await face.close();
});

const idsOf = (body: unknown): (string | undefined)[] =>
  ((body as Bundle).entry ?? []).map((entry) => entry.resource?.id);

const linkOf = (body: unknown, relation: string): string | undefined =>
  (body as Bundle).link?.find((link) => link.relation === relation)?.url;

/** Path and query of a link, for a request to the listener under test. */
const local = (url: string): string => url.replace(/^http:\/\/[^/]+/, '');

const problems = (body: unknown): string =>
  (body as OperationOutcome).issue.map((issue) => issue.diagnostics).join(' ');

describe('a search by an auditor', () => {
  it('answers a searchset with the events as committed, newest first', async () => {
    const texts = [event('one'), event('two').replace('{"', '{ "'), event('three')];
    await face.home.append(texts);
    const response = await face.ask('get', '/fhir/AuditEvent?patient=p').expect(200);
    expect(response.headers['content-type']).toBe('application/fhir+json; charset=utf-8');
    const bundle = JSON.parse(response.text) as Bundle;
    expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
    expect(bundle.total).toBeUndefined();
    expect(idsOf(bundle)).toEqual(['three', 'two', 'one']);
    expect(bundle.entry?.[0]).toMatchObject({
      fullUrl: `${publicBase}/AuditEvent/three`,
      search: { mode: 'match' },
    });
    for (const text of texts) expect(response.text).toContain(`"resource":${text},"search"`);
    expect(linkOf(bundle, 'self')).toBe(`${publicBase}/AuditEvent?patient=p`);
  });

  it('answers an empty Bundle without entries when nothing is found', async () => {
    const response = await face.ask('get', '/fhir/AuditEvent?patient=nobody').expect(200);
    const bundle = JSON.parse(response.text) as Bundle;
    expect(bundle.entry).toBeUndefined();
    expect(linkOf(bundle, 'next')).toBeUndefined();
  });

  it('leads through all pages by next links while records arrive', async () => {
    const ids = Array.from({ length: 25 }, (_, i) => `e${String(i)}`);
    await face.home.append(ids.map((id) => event(id)));
    const seen: unknown[] = [];
    let url: string | undefined = `${publicBase}/AuditEvent?patient=p&_count=10`;
    for (let page = 0; url !== undefined; page++) {
      const response = await face.ask('get', local(url)).expect(200);
      const bundle = JSON.parse(response.text) as Bundle;
      expect(linkOf(bundle, 'self')).toBe(url);
      seen.push(...idsOf(bundle));
      url = linkOf(bundle, 'next');
      expect(url?.startsWith(`${publicBase}/AuditEvent?`)).not.toBe(false);
      await face.home.append([event(`late${String(page)}`)]);
    }
    expect(seen).toEqual([...ids].reverse());
  });

  it('says in its self link how many it was willing to give', async () => {
    const response = await face.ask('get', '/fhir/AuditEvent?_count=5000').expect(200);
    expect(linkOf(JSON.parse(response.text), 'self')).toBe(`${publicBase}/AuditEvent?_count=1000`);
  });

  it('takes the query as a form, too', async () => {
    await face.home.append([event('one'), event('two', 'Patient/q')]);
    const form = await face
      .ask('post', '/fhir/AuditEvent/_search?outcome=0')
      .type('form')
      .send('patient=q')
      .expect(200);
    expect(idsOf(JSON.parse(form.text))).toEqual(['two']);
    await face.ask('post', '/fhir/AuditEvent/_search').type('json').send('{}').expect(415);
    await face
      .ask('post', '/fhir/AuditEvent/_search')
      .type('form')
      .send(`patient=${'x'.repeat(70_000)}`)
      .expect(413);
    expect(accessesIn(face).map((access) => access.outcome)).toEqual(['0', '8', '8']);
  });

  it('finds an answer of the review face by its X-Request-Id, but never itself', async () => {
    const first = await face.ask('get', '/fhir/AuditEvent').expect(200);
    expect(idsOf(JSON.parse(first.text))).toEqual([]);
    const requestId = first.headers['x-request-id'] ?? '';
    const second = await face
      .ask('get', `/fhir/AuditEvent?entity.identifier=${requestId}`)
      .expect(200);
    expect(idsOf(JSON.parse(second.text))).toEqual([accessesIn(face)[0]?.id]);
  });

  it('says how many match, on every page, and how many without showing any', async () => {
    await face.home.append(['one', 'two', 'three'].map((id) => event(id)));
    const path = '/fhir/AuditEvent?patient=p&_count=2&_total=accurate';
    const first = JSON.parse((await face.ask('get', path).expect(200)).text) as Bundle;
    expect(first.total).toBe(3);
    await face.home.append([event('late')]);
    const next = await face.ask('get', local(linkOf(first, 'next') ?? '')).expect(200);
    expect(JSON.parse(next.text)).toMatchObject({ total: 3 });
    expect(idsOf(JSON.parse(next.text))).toEqual(['one']);
    const counted = await face.ask('get', '/fhir/AuditEvent?patient=p&_summary=count').expect(200);
    const bundle = JSON.parse(counted.text) as Bundle;
    expect(bundle).toMatchObject({ total: 4, type: 'searchset' });
    expect([bundle.entry, bundle.link?.length]).toEqual([undefined, 1]);
  });

  it('sorts by date when asked to', async () => {
    await face.home.append(['one', 'two'].map((id) => event(id)));
    const response = await face.ask('get', '/fhir/AuditEvent?_sort=date&patient=p').expect(200);
    expect(idsOf(JSON.parse(response.text))).toEqual(['one', 'two']);
  });

  it('ignores what it does not support when the client prefers that, and says so', async () => {
    await face.home.append([event('one'), event('two', 'Patient/q')]);
    const path = '/fhir/AuditEvent?patient=p&color=red&agent:above=x';
    await face.ask('get', path).expect(400);
    await face.ask('get', path).set('Prefer', 'handling=strict').expect(400);
    const response = await face
      .ask('get', path)
      .set('Prefer', 'return=representation; handling=lenient')
      .expect(200);
    const bundle = JSON.parse(response.text) as Bundle;
    expect(linkOf(bundle, 'self')).toBe(`${publicBase}/AuditEvent?patient=p`);
    expect(bundle.entry?.map(({ search }) => search?.mode)).toEqual(['match', 'outcome']);
    const outcome = bundle.entry?.[1]?.resource as OperationOutcome;
    expect(outcome.issue.map(({ severity }) => severity)).toEqual(['warning', 'warning']);
    expect(problems(outcome)).toMatch(/color.*agent:above/);
    const bad = '/fhir/AuditEvent?outcome=99&color=red';
    await face.ask('get', bad).set('Prefer', 'handling=lenient').expect(400);
  });

  it('is refused when a text fits too many different values', async () => {
    await face.home.append(
      Array.from({ length: 5001 }, (_, i) =>
        event(`e${String(i)}`).replace('"who"', `"name":"User ${String(i)}","who"`),
      ),
    );
    const refused = await face.ask('get', '/fhir/AuditEvent?agent-name=user').expect(400);
    expect(JSON.parse(refused.text)).toMatchObject({ issue: [{ code: 'too-costly' }] });
    await face.ask('get', '/fhir/AuditEvent?agent-name=user+1').expect(200);
  });

  it.each([
    ['agent-names=x', 'agent-names'],
    ['patient:above=x', 'patient:above'],
    ['_sort=patient', '_sort'],
    ['_elements=id', '_elements'],
    ['_summary=text', '_summary'],
    ['date=tomorrow', 'date'],
    ['outcome=9', 'outcome'],
  ])('is refused for %s, by name', async (query, name) => {
    const response = await face.ask('get', `/fhir/AuditEvent?outcome=0&${query}`).expect(400);
    expect(problems(JSON.parse(response.text))).toContain(name);
    await face.ask('get', '/fhir/AuditEvent?outcome=0').expect(200);
  });
});

describe('a read by an auditor', () => {
  it('answers exactly the bytes that were committed', async () => {
    const text = event('one').replace('"outcome"', '  "outcomeDesc":"\\u00e9 é 𝒳",\t"outcome"');
    await face.home.append([text, event('two')]);
    const response = await face.ask('get', '/fhir/AuditEvent/one?_format=json').expect(200);
    expect(response.text).toBe(text);
    expect(response.headers['content-length']).toBe(String(Buffer.byteLength(text)));
  });

  it('is refused for an unknown id, and for a query that it does not have', async () => {
    await face.home.append([event('one')]);
    await face.ask('get', '/fhir/AuditEvent/other').expect(404);
    const response = await face.ask('get', '/fhir/AuditEvent/one?_summary=true').expect(400);
    expect(problems(JSON.parse(response.text))).toContain('_summary');
  });
});

describe('who may ask', () => {
  it('is an auditor; an operator sees no events', async () => {
    await face.home.append([event('secret-event')]);
    for (const path of ['/fhir/AuditEvent', '/fhir/AuditEvent/secret-event']) {
      const response = await face.ask('get', path, operatorToken).expect(403);
      expect(response.text).not.toContain('secret-event');
      await face.ask('get', path, auditorToken).expect(200);
    }
  });

  it.each([
    ['no credential', undefined],
    ['a wrong token', 'Bearer wrong'],
    ['a token with something added', `Bearer ${auditorToken}x`],
    ['an empty token', 'Bearer '],
    ['another scheme', `Basic ${auditorToken}`],
  ])('is nobody with %s', async (_name, authorization) => {
    const test = face.ask('get', '/fhir/AuditEvent', '');
    if (authorization !== undefined) test.set('Authorization', authorization);
    const response = await test.expect(401);
    expect(response.headers['www-authenticate']).toMatch(/^Bearer /);
    expect(JSON.parse(response.text)).toMatchObject({ resourceType: 'OperationOutcome' });
  });

  it('takes the scheme in any case', async () => {
    await face
      .ask('get', '/fhir/AuditEvent', '')
      .set('Authorization', `bearer ${auditorToken}`)
      .expect(200);
  });
});

describe('the record of an access', () => {
  it.each([
    ['/fhir/AuditEvent?patient=p', auditorToken, 200, 'ann.auditor', '0'],
    ['/fhir/AuditEvent/missing', auditorToken, 404, 'ann.auditor', '8'],
    ['/fhir/AuditEvent?nonsense=1', auditorToken, 400, 'ann.auditor', '8'],
    ['/fhir/AuditEvent', operatorToken, 403, 'olga.operator', '8'],
    ['/fhir/AuditEvent', 'wrong', 401, 'unidentified reader', '8'],
    ['/fhir/AuditEvent', '', 401, 'unidentified reader', '8'],
    ['/fhir/Patient/1', auditorToken, 404, 'ann.auditor', '8'],
    ['/nothing', '', 404, 'unidentified reader', '8'],
    ['/fhir/metadata', '', 200, 'unidentified reader', '0'],
  ])('of %s with %j (%i) names %s', async (path, token, status, name, outcome) => {
    const response = await face.ask('get', path, token).expect(status);
    const accesses = accessesIn(face);
    expect(accesses).toHaveLength(1);
    expect(accesses[0]?.agent[0]?.who?.display).toBe(name);
    expect(accesses[0]?.outcome).toBe(outcome);
    expect(JSON.stringify(accesses)).toContain(String(response.headers['x-request-id']));
  });

  it('is made for other methods as well', async () => {
    const response = await face.ask('delete', '/fhir/AuditEvent/one').expect(405);
    expect(response.headers['allow']).toBe('GET');
    await face.ask('put', '/fhir/AuditEvent/one').expect(405);
    await face.ask('get', '/fhir/AuditEvent/_search').expect(405);
    await face.ask('post', '/fhir/AuditEvent').expect(405);
    expect(accessesIn(face)).toHaveLength(4);
  });

  it('holds no credential, wherever one was put', async () => {
    const canary = 'canary-7d1f';
    await face.ask('get', `/fhir/AuditEvent?access_token=${canary}`, '').expect(401);
    await face.ask('get', `/fhir/AuditEvent?whatever=${canary}&${canary}%20x=1`).expect(400);
    await face.ask('get', `/fhir/AuditEvent`, canary).expect(401);
    await face.ask('get', `/fhir/AuditEvent/${auditorToken}`).expect(404);
    await face.ask('get', `/fhir/AuditEvent?_id=${auditorToken}&outcome=0`).expect(200);
    await face
      .ask('post', `/fhir/AuditEvent/_search`)
      .type('form')
      .send(`client_secret=${canary}`)
      .expect(400);
    const stored = accessesIn(face)
      .flatMap((access) => [JSON.stringify(access), ...(access.entity ?? []).map(queryOf)])
      .join('\n');
    expect(accessesIn(face)).toHaveLength(6);
    expect(stored + JSON.stringify(face.logged)).not.toContain(canary);
    expect(stored + JSON.stringify(face.logged)).not.toContain(auditorToken);
    // The twin: what is not a credential is kept.
    expect(stored).toContain('outcome=0');
  });
});

const queryOf = (entity: { query?: string }): string =>
  Buffer.from(entity.query ?? '', 'base64').toString();

describe('an answer', () => {
  it('waits until the record of its access is durable', async () => {
    let reached: () => void = () => undefined;
    let go: () => void = () => undefined;
    const appending = new Promise<void>((resolve) => (reached = resolve));
    const held = new Promise<void>((resolve) => (go = resolve));
    const slow = await startReviewFace(({ ledger }) => ({
      ledger: new Proxy(ledger, {
        get: (target, name): unknown =>
          name === 'append'
            ? async (...args: Parameters<typeof ledger.append>): Promise<Receipts> => {
                reached();
                await held;
                return target.append(...args);
              }
            : Reflect.get(target, name, target),
      }),
    }));
    const order: string[] = [];
    const answer = slow.ask('get', '/fhir/AuditEvent').then(() => order.push('answer'));
    await appending;
    // A whole other exchange on the same server: time enough for an answer that did not wait.
    await slow.ask('get', '/livez');
    order.push('durable');
    go();
    await answer;
    expect(order).toEqual(['durable', 'answer']);
    await slow.close();
  });

  it('is 503 and nothing else when its access cannot be recorded', async () => {
    await face.home.append([event('one')]);
    await face.ask('get', '/fhir/AuditEvent/one').expect(200);
    await face.home.ledger.close();
    for (const path of ['/fhir/AuditEvent/one', '/fhir/AuditEvent', '/fhir/metadata', '/x']) {
      const response = await face.ask('get', path).expect(503);
      expect(response.text).not.toContain('request-one');
      expect(JSON.parse(response.text)).toMatchObject({ resourceType: 'OperationOutcome' });
      expect(response.headers['retry-after']).toBe('5');
    }
  });

  it('is 503, and recorded, when the search does not answer', async () => {
    await face.search.close();
    await face.ask('get', '/fhir/AuditEvent').expect(503);
    expect(accessesIn(face)).toMatchObject([{ outcome: '12' }]);
  });

  it('is not for caches, guessers of types, or collectors of banners', async () => {
    for (const path of ['/fhir/AuditEvent', '/fhir/nothing', '/fhir/metadata', '/livez']) {
      const { headers, text } = await face.ask('get', path);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['content-length']).toBe(String(Buffer.byteLength(text)));
      expect(headers['x-request-id']).toMatch(/^[0-9A-Z]{26}$/);
    }
  });

  it('is JSON or nothing', async () => {
    await face.ask('get', '/fhir/AuditEvent').set('Accept', 'application/fhir+xml').expect(406);
    await face.ask('get', '/fhir/AuditEvent').set('Accept', 'application/fhir+json').expect(200);
    await face.ask('get', '/fhir/AuditEvent').set('Accept', '*/*').expect(200);
    await face.ask('get', '/fhir/AuditEvent?_format=xml').expect(400);
  });
});

describe('the Host header', () => {
  it.each([
    ['review.example:8090', 200],
    ['REVIEW.example:8090', 200],
    ['inside.example', 200],
    ['evil.example', 421],
    ['review.example', 421],
  ])('%s gives %i', async (host, status) => {
    await face.ask('get', '/fhir/metadata').set('Host', host).expect(status);
    expect(accessesIn(face)).toHaveLength(1);
  });

  /** Status of a request with these very headers. */
  const raw = (headers: readonly string[]): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      httpRequest({ port: face.port, path: '/fhir/AuditEvent', headers, setHost: false })
        .on('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on('error', reject)
        .end();
    });

  it('may stand once, and so may Authorization', async () => {
    const host = ['Host', 'review.example:8090'];
    const credential = ['Authorization', `Bearer ${auditorToken}`];
    expect(await raw([...host, ...credential])).toBe(200);
    expect(await raw([...host, ...host, ...credential])).toBe(400);
    expect(await raw([...host, ...credential, ...credential])).toBe(400);
  });
});

describe('metadata', () => {
  it('lists what is supported, without a credential', async () => {
    const response = await face.ask('get', '/fhir/metadata', '').expect(200);
    const statement = JSON.parse(response.text) as CapabilityStatement;
    expect(statement).toMatchObject({
      resourceType: 'CapabilityStatement',
      fhirVersion: '4.0.1',
      implementation: { url: publicBase },
      software: { version: '1.2.3' },
    });
    const resource = statement.rest?.[0]?.resource?.[0];
    expect(resource?.interaction?.map(({ code }) => code)).toEqual(['read', 'search-type']);
    const declared = resource?.searchParam ?? [];
    const values: Readonly<Record<string, string>> = { date: '2026', outcome: '0', action: 'R' };
    for (const { name = '', type = '', documentation = '' } of declared) {
      const value = values[name] ?? values[type] ?? 'x';
      await face.ask('get', `/fhir/AuditEvent?${name}=${value}`).expect(200);
      // Modifiers stand in the documentation, since R4 has no other place for them.
      const isTold = documentation.includes(':missing');
      const status = isTold ? 200 : 400;
      await face.ask('get', `/fhir/AuditEvent?${name}:missing=true`).expect(status);
    }
    // The other way round: what is not declared is refused.
    const names = new Set(declared.map(({ name }) => name));
    for (const name of [
      ...r4Definitions.keys(),
      'session',
      'patient.identifier',
      '_text',
      '_has',
    ]) {
      const condition =
        { date: '2026', _lastUpdated: '2026', outcome: '0', action: 'R' }[name] ?? 'x';
      const status = names.has(name) ? 200 : 400;
      await face.ask('get', `/fhir/AuditEvent?${name}=${condition}`).expect(status);
    }
    expect(declared.find(({ name }) => name === 'session')?.definition).toBe(
      'https://fhir-chaperone.org/fhir/SearchParameter/AuditEvent-session',
    );
  });
});

describe('probes', () => {
  it('answer without a credential, whatever the Host, and leave no record', async () => {
    const live = await face.ask('get', '/livez', '').set('Host', '10.0.0.7').expect(200);
    expect(JSON.parse(live.text)).toEqual({ status: 'live' });
    const ready = await face.ask('get', '/readyz', '').expect(200);
    expect(JSON.parse(ready.text)).toEqual({ status: 'ready', checks: { ledger: 'ok' } });
    const metrics = await face.ask('get', '/metrics', '').expect(200);
    expect(metrics.text).toBe('up 1\n');
    expect(metrics.headers['content-type']).toContain('text/plain');
    const head = await face.ask('head', '/livez', '').expect(200);
    expect(head.text).toBeUndefined();
    expect(face.records()).toEqual([]);
    await face.ask('post', '/livez', '').expect(405);
  });

  it('say not ready when it is not, or cannot be told', async () => {
    const unready = await startReviewFace(() => ({
      readiness: () => Promise.resolve({ ready: false, checks: { ledger: 'full' } }),
      metrics: () => Promise.reject(new Error('no metrics')),
    }));
    const response = await unready.ask('get', '/readyz', '').expect(503);
    expect(JSON.parse(response.text)).toEqual({ status: 'unready', checks: { ledger: 'full' } });
    await unready.ask('get', '/metrics', '').expect(503);
    await unready.close();
  });
});
