/** The laws of the mapping: total, valid, nothing claimed that is not true, no credential. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describe as describeExchange,
  describeIntent,
  guard,
  vocabulary,
  type Answer,
  type Exchange,
  type RequestFacts,
} from '../../../audit/event/index.ts';
import type { Identity, TokenClaims } from '../../../smart/index.ts';
import { balp, validateAuditEvent } from '../../support/balp/index.ts';
import {
  ana,
  answered,
  detailsOf,
  parseEvents,
  request,
  type EventJson,
} from '../../support/exchanges.ts';
import { fixedContext } from '../../support/golden.ts';

function eventsOf(exchange: Exchange): readonly EventJson[] {
  return parseEvents(describeExchange(exchange, fixedContext()));
}

function onlyEvent(exchange: Exchange): EventJson {
  const [event, ...more] = eventsOf(exchange);
  if (event === undefined || more.length > 0) throw new Error('one event expected');
  return event;
}

/** Text with what is hard: control characters, lone surrogates, direction marks, separators. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ud800',
    '\u202eabc',
    '%',
    '%zz',
    '|',
    '#',
    '$',
    'a\nb',
    '<>"',
  ),
);
const segment = fc.oneof(
  text,
  fc.constantFrom(
    'Patient',
    'Observation',
    '1',
    '_history',
    '_search',
    '$export',
    '*',
    'metadata',
    '',
  ),
);
const path = fc.array(segment, { maxLength: 5 }).map((segments) => segments.join('/'));
const parameter = fc.tuple(
  fc.oneof(
    text,
    fc.constantFrom('patient', 'subject:Patient', '_id', 'identifier', 'access_token'),
  ),
  fc.oneof(text, fc.constantFrom('1', 'Patient/1', 'a|b', 'Patient/1,Patient/2')),
);
const query = fc
  .array(parameter, { maxLength: 4 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));

const json: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.record(
    {
      resourceType: fc.oneof(
        text,
        fc.constantFrom('Patient', 'Observation', 'Bundle', 'Parameters', 'OperationOutcome'),
      ),
      id: fc.oneof(text, fc.integer()),
      meta: fc.oneof(
        fc.jsonValue(),
        fc.record({ security: fc.array(fc.record({ system: text, code: text })), versionId: text }),
      ),
      subject: fc.oneof(
        fc.jsonValue(),
        fc.record({ reference: text, identifier: fc.record({ value: text }) }),
      ),
      identifier: fc.oneof(fc.jsonValue(), fc.array(fc.record({ system: text, value: text }))),
      issue: fc.oneof(fc.jsonValue(), fc.array(fc.record({ severity: text, code: text }))),
      type: fc.oneof(fc.jsonValue(), fc.constantFrom('batch-response', 'searchset')),
      entry: fc.oneof(
        fc.jsonValue(),
        fc.array(
          fc.record({
            fullUrl: text,
            resource: fc.oneof(
              fc.jsonValue(),
              fc.record({ resourceType: fc.constant('Patient') }),
              fc.record({
                resourceType: fc.constant('Observation'),
                subject: fc.record({ reference: fc.oneof(text, fc.constant('urn:')) }),
              }),
            ),
            response: fc.record({ status: text, location: text }),
            request: fc.record({ url: text }),
          }),
        ),
      ),
      contained: fc.jsonValue(),
      parameter: fc.jsonValue(),
    },
    { requiredKeys: ['resourceType'] },
  ),
);

const headers = fc.dictionary(
  fc.constantFrom(
    'accept',
    'etag',
    'location',
    'content-location',
    'if-none-exist',
    'if-match',
    'content-type',
  ),
  fc.oneof(text, fc.constantFrom('W/"1"', 'Patient/1/_history/2')),
);

const anyRequest: fc.Arbitrary<RequestFacts> = fc
  .record({
    method: fc.oneof(
      fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
      text,
    ),
    path: fc.option(path, { nil: undefined }),
    query,
    headers,
    body: fc.option(
      fc.oneof(
        fc.uint8Array({ maxLength: 64 }),
        json.map((value) => Buffer.from(JSON.stringify(value))),
      ),
      { nil: undefined },
    ),
  })
  .map((facts) => ({ ...facts, target: `/fhir/${facts.path ?? '..'}?${facts.query}` }));

const claims = fc
  .record(
    {
      issuer: text,
      subject: text,
      name: text,
      fhirUser: fc.oneof(text, fc.constantFrom('Practitioner/1', 'Patient/1', 'Person/1')),
      clientId: text,
      tokenId: text,
      patient: text,
      encounter: text,
      issuedAt: text,
      isClientOnly: fc.boolean(),
      scopes: fc.array(text, { maxLength: 4 }),
      purposeOfUse: fc.array(fc.record({ system: text, code: text, display: text }), {
        maxLength: 2,
      }),
    },
    { requiredKeys: ['isClientOnly', 'scopes', 'purposeOfUse'] },
  )
  .map((value) => value as TokenClaims);

const tokenDigest = fc.constant('urn:chaperone:token:hmac-sha256:k1:abc');
const anyIdentity: fc.Arbitrary<Identity> = fc.oneof(
  fc.constant({ kind: 'anonymous' } as const),
  fc.record({ kind: fc.constant('opaque-unidentified' as const), scheme: text, tokenDigest }),
  fc.record({
    kind: fc.constant('verified-signature' as const),
    claims,
    check: fc.record({ issuer: text, algorithm: text, keyId: text }),
    tokenDigest,
  }),
  fc.record({
    kind: fc.constantFrom('unverified-claims', 'unverified-accepted', 'unverified-rejected'),
    claims,
    reason: fc.constant('issuer-unknown' as const),
    tokenDigest,
  }),
  fc.record({ kind: fc.constant('invalid' as const), reason: fc.constant('expired' as const) }),
  fc.record({
    kind: fc.constant('invalid' as const),
    reason: fc.constant('expired' as const),
    claims,
  }),
);

const facts = fc.record({
  status: fc.oneof(
    fc.constantFrom(200, 201, 204, 302, 304, 400, 401, 403, 404, 412, 500, 503),
    fc.integer({ min: 100, max: 999 }),
  ),
  headers,
  bodyBytes: fc.nat(),
  inspection: fc.oneof(
    fc.constant({ kind: 'none' } as const),
    json.map((value) => ({ kind: 'json', json: value }) as const),
    fc.record({
      kind: fc.constant('opaque' as const),
      mediaType: text,
      bytes: fc.nat(),
      digest: text,
    }),
  ),
});

const anyAnswer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 6, arbitrary: facts.map((value) => ({ kind: 'answered', ...value }) as const) },
  fc.constant({ kind: 'refused', status: 400, reason: 'malformed-request' } as const),
  fc.constant({
    kind: 'refused',
    status: 502,
    reason: 'too-costly',
    withheld: { status: 200, headers: {}, bodyBytes: 9 },
  } as const),
  fc.constant({ kind: 'unreachable', status: 502, reason: 'reset' } as const),
  fc.constant({ kind: 'timed-out', status: 504 } as const),
  fc.constant({ kind: 'failed', status: 500 } as const),
  fc.constant({ kind: 'client-gone' } as const),
  facts.map((upstream) => ({ kind: 'client-gone', upstream }) as const),
);

const anyExchange: fc.Arbitrary<Exchange> = fc
  .record({
    request: anyRequest,
    identity: anyIdentity,
    answer: anyAnswer,
    address: fc.oneof(text, fc.ipV4(), fc.ipV6()),
    correlationId: text,
  })
  .map(({ address, ...rest }) => ({
    requestId: 'request-1',
    receivedAt: new Date('2026-12-01T09:30:00.100Z'),
    endedAt: new Date('2026-12-01T09:30:00.200Z'),
    peer: { address, forwardedChain: address },
    ...rest,
  }));

const detailCodes = new Set(Object.keys(vocabulary.detail.codes));

function checkEvent(event: EventJson): void {
  expect(guard(event)).toBeUndefined();
  expect(validateAuditEvent(event)).toEqual([]);
  expect(detailsOf(event, 'record-kind')).not.toContain('minimal');
  for (const entity of event.entity) {
    for (const { type } of entity.detail ?? []) expect(detailCodes).toContain(type);
  }
}

describe('for any exchange', () => {
  it('there is an event, each is whole, passes the guard and is valid', () => {
    fc.assert(
      fc.property(anyExchange, (exchange) => {
        const events = eventsOf(exchange);
        expect(events.length).toBeGreaterThan(0);
        for (const event of events) checkEvent(event);
      }),
      { numRuns: 3000 },
    );
  });

  it('there is an intent that claims nothing and leaves the effect unknown', () => {
    fc.assert(
      fc.property(anyExchange, (exchange) => {
        for (const event of parseEvents(describeIntent(exchange, fixedContext()))) {
          checkEvent(event);
          expect(event.meta).toBeUndefined();
          expect([event.outcome, event.outcomeDesc]).toEqual(['12', 'effect unknown']);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('the text is one line and the ids are those of the context', () => {
    fc.assert(
      fc.property(anyExchange, (exchange) => {
        for (const { id, body } of describeExchange(exchange, fixedContext())) {
          expect(body).not.toMatch(/[\r\n]/);
          expect((JSON.parse(body) as EventJson).id).toBe(id);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('claims', () => {
  const claimOf = (exchange: Exchange): readonly string[] =>
    onlyEvent(exchange).meta?.profile ?? [];

  it.each([
    ['GET', 'Medication/1', 200, 'Read'],
    ['GET', 'Medication?code=1', 200, 'Query'],
    ['POST', 'Medication', 201, 'Create'],
    ['PUT', 'Medication/1', 200, 'Update'],
    ['DELETE', 'Medication/1', 204, 'Delete'],
  ])('%s %s without a patient claims the plain profile', (method, target, status, name) => {
    const exchange = answered(request(method, target), undefined, { status });
    expect(claimOf(exchange)).toEqual([balp(name)]);
    expect(validateAuditEvent(onlyEvent(exchange))).toEqual([]);
  });

  it.each([302, 401, 404, 500])('status %i claims nothing', (status) => {
    expect(claimOf(answered(request('GET', 'Patient/1'), undefined, { status }))).toEqual([]);
  });

  it.each([200, 202, 204, 304])('status %i claims the profile', (status) => {
    const exchange = answered(request('GET', 'Patient/1'), undefined, { status });
    expect(claimOf(exchange)).toEqual([balp('PatientRead')]);
  });
});

describe('what must not be recorded', () => {
  it('credentials in the query, however spelt', () => {
    const targets = [
      'Patient?access_token=CANARY',
      'Patient?name=x&access%5Ftoken=CANARY',
      'Patient?ACCESS_TOKEN=CANARY&name=x',
      'Patient/1?access_token=CANARY',
      'Unknown/1/2/3?client_secret=CANARY',
    ];
    for (const target of targets) {
      const [event] = describeExchange(answered(request('GET', target), undefined), fixedContext());
      const { entity } = JSON.parse(event.body) as EventJson;
      const raw = entity.map(({ query: text }) => Buffer.from(text ?? '', 'base64').toString());
      expect(`${event.body}${raw.join('')}`).not.toContain('CANARY');
    }
  });

  it('credentials in a search body, and nothing else of it', () => {
    const facts = request('POST', 'Patient/_search', 'name=x&access_token=CANARY&birthdate=1970');
    const event = onlyEvent(answered(facts, undefined));
    const raw = event.entity.map(({ query: text }) => Buffer.from(text ?? '', 'base64').toString());
    expect(raw.join('')).toBe(
      'POST /fhir/Patient/_search HTTP/1.1\n\nname=x&access_token=redacted&birthdate=1970',
    );
  });

  it('headers that are not on the list', () => {
    const facts = {
      ...request('GET', 'Patient?name=x'),
      headers: { authorization: 'Bearer CANARY' },
    };
    const event = onlyEvent(answered(facts, undefined));
    const raw = event.entity.map(({ query: text }) => Buffer.from(text ?? '', 'base64').toString());
    expect(raw.join('')).not.toContain('CANARY');
  });

  it('the body of a change, and the diagnostics of an answer', () => {
    const body = { resourceType: 'Observation', valueString: 'CANARY' };
    const outcome = {
      resourceType: 'OperationOutcome',
      issue: [
        { severity: 'error', code: 'invalid', diagnostics: 'CANARY', details: { text: 'CANARY' } },
      ],
    };
    const exchange = answered(request('POST', 'Observation', body), outcome, { status: 422 });
    const [event] = describeExchange(exchange, fixedContext());
    expect(event.body).not.toContain('CANARY');
    expect(event.body).not.toContain(Buffer.from('CANARY').toString('base64').slice(0, 6));
  });
});

describe('fidelity of a search', () => {
  it('keeps the bytes of the target and of the form as they came', () => {
    const target = '/fhir/Patient?name=\u00e9\u00ff%00%zz';
    const body = Buffer.from([0x61, 0x3d, 0xff, 0x00, 0x0a]);
    const facts = { ...request('POST', 'Patient/_search'), target, body };
    const event = onlyEvent(answered(facts, undefined));
    const text = event.entity.find((entity) => entity.role?.code === '24')?.query ?? '';
    const expected = Buffer.concat([Buffer.from(`POST ${target} HTTP/1.1\n\n`, 'latin1'), body]);
    expect(Buffer.from(text, 'base64')).toEqual(expected);
  });

  it('cuts what is longer than 64 KiB and says how long it was', () => {
    const facts = request('POST', 'Patient/_search', `name=${'x'.repeat(100_000)}`);
    const event = onlyEvent(answered(facts, undefined));
    const text = event.entity.find((entity) => entity.role?.code === '24')?.query ?? '';
    expect(Buffer.from(text, 'base64')).toHaveLength(65_536);
    expect(detailsOf(event, 'query-cut')).toEqual(['100042']);
  });
});

describe('doubt about the one who asks', () => {
  const by = (identity: Identity, status: number): EventJson =>
    onlyEvent(answered(request('GET', 'Patient/1'), undefined, { status, identity }));
  const unverified: Identity = {
    kind: 'unverified-claims',
    claims: ana.claims,
    reason: 'issuer-unknown',
    tokenDigest: ana.tokenDigest,
  };

  it.each([
    [200, 'unverified-accepted', 'Dr Ana Souza'],
    [401, 'unverified-rejected', 'Dr Ana Souza (unverified)'],
    [403, 'unverified-claims', 'Dr Ana Souza (unverified)'],
  ])('an unchecked token that got %i is %s', (status, confidence, name) => {
    const event = by(unverified, status);
    expect(detailsOf(event, 'identity-confidence')).toEqual([confidence]);
    expect(event.agent.find((agent) => agent.requestor)?.name).toBe(name);
  });

  it('a verified one is named as it is', () => {
    expect(by(ana, 403).agent.find((agent) => agent.requestor)?.name).toBe('Dr Ana Souza');
  });

  it('a token without an id is named by our digest, never by its own text', () => {
    const event = by({ ...ana, claims: { ...ana.claims, tokenId: '' } }, 200);
    expect(event.agent.find((agent) => agent.requestor)?.policy).toEqual([ana.tokenDigest]);
  });
});

describe('when the mapping fails', () => {
  it('an answer that throws when it is looked at becomes a minimal event that says so', () => {
    const hostile = {
      get resourceType(): string {
        throw new Error('no');
      },
    };
    const event = onlyEvent(answered(request('GET', 'Patient/1'), hostile));
    expect(detailsOf(event, 'mapping-fault')).toEqual(['threw']);
    expect(detailsOf(event, 'request-line')).toEqual(['GET /fhir/Patient/1']);
    expect(event.outcome).toBe('4');
    expect(validateAuditEvent(event)).toEqual([]);
  });

  it('an event that fails the guard becomes a minimal event that names the check', () => {
    const late = { ...fixedContext(), clock: () => new Date('+012026-01-01T00:00:00.000Z') };
    const [event] = parseEvents(describeExchange(answered(request('GET', 'Patient/1'), {}), late));
    if (event === undefined) throw new Error('one event expected');
    expect(detailsOf(event, 'mapping-fault')).toEqual(['recorded']);
  });

  it('an exchange that is broken itself is recorded by what can still be read', () => {
    const broken = { ...answered(request('GET', 'Patient/1'), {}), receivedAt: new Date(NaN) };
    const nothing = { ...broken, identity: undefined, peer: undefined } as unknown as Exchange;
    for (const exchange of [broken, nothing]) {
      const event = onlyEvent(exchange);
      expect(detailsOf(event, 'mapping-fault')).toEqual(['threw']);
      expect(validateAuditEvent(event)).toEqual([]);
    }
  });

  it('a body nested beyond reason is no way around the record', () => {
    const deep = JSON.parse(
      `{"resourceType":"Observation","subject":{"reference":"Patient/1"},"performer":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    ) as unknown;
    const event = onlyEvent(answered(request('GET', 'Observation/1'), deep));
    expect(detailsOf(event, 'record-kind')).toEqual(['event']);
    expect(detailsOf(event, 'patient-found')).toEqual(['answer']);
  });
});
