/** The review page as it is served, and what it asks for: files, sentences, the reader, checks. */
import { readdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sentence } from '../../audit/event/index.ts';
import { createIntegrityCheck } from '../../review/integrity.ts';
import { validateAuditEvent } from '../support/balp/index.ts';
import { detailOf } from '../support/face-under-test.ts';
import { accessesIn, operatorToken, startReviewFace } from '../support/review-face.ts';
import type { ReviewFace } from '../support/review-face.ts';
import { readEventText as event } from '../support/search-events.ts';
import { spoilLedger } from '../support/spoil-ledger.ts';

const folder = new URL('../../review/page/', import.meta.url);
const files = readdirSync(folder).filter((name) => /\.(?:js|css|svg|html)$/u.test(name));

let face: ReviewFace;

/** A face of its own for each test. */
function eachHasItsOwn(): void {
  beforeEach(async () => {
    face = await startReviewFace();
    const opened = face;
    onTestFinished(() => opened.close());
  });
}

/** One face for all tests of a group, which tell their records apart. */
function allShareOne(): void {
  beforeAll(async () => {
    face = await startReviewFace();
  });
  afterAll(() => face.close());
}

interface Told {
  readonly total?: number;
  readonly next?: string;
  readonly events: readonly {
    readonly id: string;
    readonly read: string;
    readonly at: string;
    readonly outcome: string;
    readonly phrases: readonly { kind: string; text: string; find?: object }[];
    readonly session?: object;
    readonly request?: object;
  }[];
}

interface Check {
  readonly running?: object;
  readonly last?: {
    readonly ok: boolean;
    readonly records: number;
    readonly treeSize: number;
    readonly rootHash: string;
    readonly problemCount: number;
    readonly problems: readonly { readonly code: string }[];
  };
}

describe('a file of the page', () => {
  allShareOne();

  it.each(files)('%s is served without a credential, and leaves no record', async (name) => {
    const path = name === 'index.html' ? '/' : `/page/${name}`;
    const response = await face.ask('get', path, '').expect(200);
    const raw: unknown = response.body;
    const body = Buffer.isBuffer(raw) ? raw.toString() : response.text;
    expect(body).toBe(readFileSync(new URL(name, folder), 'utf8'));
    expect(response.headers).toMatchObject({
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'/,
      ) as string,
    });
    expect(face.records()).toEqual([]);
  });

  it('is not sent again to a browser that has it', async () => {
    const first = await face.ask('get', '/page/main.js', '').expect(200);
    const etag = first.headers['etag'] ?? '';
    expect(etag).toMatch(/^".{22}"$/);
    const again = await face.ask('get', '/page/main.js', '').set('If-None-Match', etag).expect(304);
    expect(again.text).toBe('');
    await face.ask('get', '/page/main.js', '').set('If-None-Match', '"other"').expect(200);
  });

  it('answers HEAD without a body', async () => {
    const head = await face.ask('head', '/', '').expect(200);
    expect(head.text).toBeUndefined();
    expect(face.records()).toEqual([]);
  });
});

describe('what is no file of the page', () => {
  allShareOne();

  it('is refused under a strange Host, and that is recorded', async () => {
    await face.ask('get', '/', '').set('Host', 'evil.example').expect(421);
    await face.ask('get', '/page/main.js', '').set('Host', 'evil.example').expect(421);
    expect(accessesIn(face)).toHaveLength(2);
    await face.ask('get', '/', '').set('Host', 'inside.example').expect(200);
    expect(accessesIn(face)).toHaveLength(2);
  });

  it('is another method', async () => {
    const response = await face.ask('post', '/page/main.js').expect(405);
    expect(response.headers['allow']).toBe('GET, HEAD');
    await face.ask('delete', '/').expect(405);
  });

  /** Status of a path as it stands: clients would tidy it. */
  const status = (path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      httpRequest({ port: face.port, path, headers: { Host: 'review.example:8090' } })
        .on('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on('error', reject)
        .end();
    });

  it.each([
    '/page/',
    '/page/../page/main.js',
    '/page/..%2f..%2fpackage.json',
    '/page/../../package.json',
    '/page/tsconfig.json',
    '/page/main.js/',
    '/page//main.js',
    '/page/main.js%00',
    '/page/__proto__.js',
    '/page/nothing.js',
    '/main.js',
  ])('%s is none', async (path) => {
    expect(await status(path)).toBe(404);
  });
});

describe('events as sentences', () => {
  eachHasItsOwn();

  it('are the events of the same search, told, with what they lead to', async () => {
    await face.home.append([event('one'), event('two'), event('other', 'Patient/q')]);
    const response = await face.ask('get', '/page/events?patient=p').expect(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers['cache-control']).toBe('no-store');
    const { events, next } = JSON.parse(response.text) as Told;
    expect(next).toBeUndefined();
    expect(events.map(({ id }) => id)).toEqual(['two', 'one']);
    const [first] = events;
    expect(first?.read).toBe('fhir/AuditEvent/two');
    expect(`${first?.at ?? ''} ${first?.phrases.map(({ text }) => text).join('') ?? ''}`).toBe(
      sentence(JSON.parse(event('two'))),
    );
    expect(first?.phrases.find(({ kind }) => kind === 'user')?.find).toEqual({
      parameter: 'agent',
      value: 'Practitioner/u',
    });
  });

  it('come page by page', async () => {
    await face.home.append(['a', 'b', 'c'].map((id) => event(id)));
    const first = await face.ask('get', '/page/events?patient=p&_count=2').expect(200);
    const { next } = JSON.parse(first.text) as Told;
    const second = await face.ask('get', `/page/events?${next ?? ''}`).expect(200);
    const rest = JSON.parse(second.text) as Told;
    expect(rest.events.map(({ id }) => id)).toEqual(['a']);
    expect(rest.next).toBeUndefined();
  });

  it('lead to searches that find them, whatever characters stand in their names', async () => {
    const strange = event('one').replaceAll('Practitioner/u', 'Practitioner/a,b$c');
    await face.home.append([strange, event('two')]);
    const response = await face.ask('get', '/page/events?patient=p').expect(200);
    const found = (JSON.parse(response.text) as Told).events.find(({ id }) => id === 'one');
    const find = found?.phrases.find(({ kind }) => kind === 'user')?.find;
    expect(find).toEqual({ parameter: 'agent', value: 'Practitioner/a\\,b\\$c' });
    const query = new URLSearchParams(find as Record<string, string>);
    const search = new URLSearchParams([[query.get('parameter') ?? '', query.get('value') ?? '']]);
    const again = await face.ask('get', `/page/events?${search.toString()}`).expect(200);
    expect((JSON.parse(again.text) as Told).events.map(({ id }) => id)).toEqual(['one']);
  });

  it('lead nowhere where the search would be refused', async () => {
    const told = async (patient: string): Promise<unknown> => {
      const entity = {
        what: { reference: patient },
        type: { code: '1' },
        role: { code: '1' },
      };
      const id = `about-${patient.replace('/', '-')}`;
      await face.home.append([
        JSON.stringify({ ...(JSON.parse(event(id)) as object), entity: [entity] }),
      ]);
      const response = await face.ask('get', `/page/events?_id=${id}`).expect(200);
      const [found] = (JSON.parse(response.text) as Told).events;
      return found?.phrases.find(({ kind }) => kind === 'patient');
    };
    expect(await told('Location/1')).toEqual({ kind: 'patient', text: 'Location/1' });
    expect(await told('Patient/1')).toMatchObject({ find: { parameter: 'patient' } });
  });

  it('are refused as a search is, in the same words', async () => {
    const response = await face.ask('get', '/page/events?nonsense=1').expect(400);
    const bundle = await face.ask('get', '/fhir/AuditEvent?nonsense=1').expect(400);
    expect(response.text).toBe(bundle.text);
  });

  it('are recorded as a search: what was asked, how many were given', async () => {
    await face.home.append([event('one'), event('two')]);
    await face.ask('get', '/page/events?patient=p').expect(200);
    const [access] = accessesIn(face);
    expect(access?.subtype?.map(({ code }) => code)).toContain('review-search');
    expect(access?.agent[0]?.who?.display).toBe('ann.auditor');
    expect(detailOf(access, 'request-line')).toBe('GET /page/events?patient=p');
    expect(detailOf(access, 'review-results')).toBe('2');
    expect(validateAuditEvent(access)).toEqual([]);
  });
});

describe('who the reader is', () => {
  eachHasItsOwn();

  it('is told to every reader, whatever the role', async () => {
    const auditor = await face.ask('get', '/page/reader').expect(200);
    expect(JSON.parse(auditor.text)).toEqual({ name: 'ann.auditor', role: 'auditor' });
    expect(detailOf(accessesIn(face)[0], 'review-results')).toBeUndefined();
    const operator = await face.ask('get', '/page/reader', operatorToken).expect(200);
    expect(JSON.parse(operator.text)).toEqual({ name: 'olga.operator', role: 'operator' });
    expect(accessesIn(face).map((access) => access.agent[0]?.who?.display)).toEqual([
      'ann.auditor',
      'olga.operator',
    ]);
  });
});

describe('what the page asks for', () => {
  allShareOne();

  it.each([
    ['get', '/page/events'],
    ['get', '/page/reader'],
    ['get', '/page/check'],
    ['post', '/page/check'],
  ] as const)('%s %s is refused to those who are no readers, and recorded', async (how, path) => {
    await face.ask(how, path, '').expect(401);
    const response = await face.ask(how, path, 'wrong').expect(401);
    expect(response.headers['www-authenticate']).toMatch(/^Bearer /);
    const last = accessesIn(face).slice(-2);
    expect(last.map(({ outcome }) => outcome)).toEqual(['8', '8']);
    expect(last.map((access) => detailOf(access, 'http-status'))).toEqual(['401', '401']);
    await face.ask(how, path).expect(200);
  });

  it.each([
    ['get', '/page/events'],
    ['get', '/page/check'],
    ['post', '/page/check'],
  ] as const)('%s %s is refused to operators', async (how, path) => {
    await face.ask(how, path, operatorToken).expect(403);
    await face.ask(how, path).expect(200);
  });

  it('has no other methods, and no parameters that it does not know', async () => {
    await face.ask('post', '/page/events').expect(405);
    await face.ask('put', '/page/check').expect(405);
    await face.ask('get', '/page/check?x=1').expect(400);
    await face.ask('get', '/page/reader?x=1').expect(400);
  });
});

/** Asks until a check that was started has come to its end. */
async function checked(at: ReviewFace): Promise<NonNullable<Check['last']>> {
  let response = await at.ask('post', '/page/check').expect(200);
  for (;;) {
    const { running, last } = JSON.parse(response.text) as Check;
    if (running === undefined && last !== undefined) return last;
    response = await at.ask('get', '/page/check').expect(200);
  }
}

describe('an integrity check', () => {
  eachHasItsOwn();

  it('says how much of the live ledger it checked, and that all is well', async () => {
    await face.home.append([event('one'), event('two')]);
    const before = JSON.parse((await face.ask('get', '/page/check').expect(200)).text) as Check;
    expect(before).toEqual({});
    const last = await checked(face);
    expect(last).toMatchObject({ ok: true, problemCount: 0, problems: [] });
    expect(last.records).toBeGreaterThanOrEqual(3);
    expect(last.treeSize).toBeGreaterThan(last.records);
    expect(Buffer.from(last.rootHash, 'base64')).toHaveLength(32);
  });

  it('is recorded with what it found', async () => {
    await checked(face);
    const accesses = accessesIn(face);
    for (const access of accesses) {
      expect(access.subtype?.map(({ code }) => code)).toEqual(['review-verify']);
      expect(validateAuditEvent(access)).toEqual([]);
    }
    expect(detailOf(accesses[0], 'request-line')).toBe('POST /page/check');
    expect(detailOf(accesses.at(-1), 'verify-result')).toMatch(
      /^all well: tree size \d+, root hash \S{44}, checked \S+$/,
    );
    expect(sentence(accesses.at(-1))).toContain('allowed, all well: tree size');
  });

  it('says what is wrong with a ledger that was changed', async () => {
    await face.home.append([event('one'), event('two')]);
    expect(spoilLedger(face.home.ledger.directory, 'Patient/p', 'Patient/x')).toBe(2);
    const last = await checked(face);
    expect(last.ok).toBe(false);
    expect(last.problems.map(({ code }) => code)).toContain('body-changed');
    expect(detailOf(accessesIn(face).at(-1), 'verify-result')).toMatch(/^\d+ problems: /);
  });

  it('is not recorded with an earlier verdict while another runs', async () => {
    await checked(face);
    const response = await face.ask('post', '/page/check').expect(200);
    expect(JSON.parse(response.text)).toMatchObject({ running: {}, last: { ok: true } });
    expect(detailOf(accessesIn(face).at(-1), 'verify-result')).toBeUndefined();
  });

  it('runs once for all who ask at one time', async () => {
    const check = createIntegrityCheck(face.home.folder, () => new Date());
    check.start();
    const { running } = check.state();
    check.start();
    expect(check.state().running).toBe(running);
    await check.close();
  });
});
