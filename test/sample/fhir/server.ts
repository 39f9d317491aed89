/** The FHIR server with a handful of resources, for tests: on a real socket, with a clock that ticks. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { onTestFinished } from 'vitest';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import type { AccessLogEntry, Grant } from '../../../sample/access.ts';
import { createFhirHandler, type FhirServerOptions } from '../../../sample/fhir/index.ts';

/** A running server and ways to talk to it. */
export interface TestServer {
  readonly base: string;
  readonly log: readonly AccessLogEntry[];
  readonly call: (path: string, init?: Call) => Promise<Reply>;
}

export interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; empty for other bodies. */
  readonly json: Json;
}

/** What tests look at in bundles, outcomes and resources. */
export interface Json extends Pick<Bundle, 'id' | 'meta' | 'entry' | 'link' | 'total'> {
  readonly resourceType?: string;
  readonly [name: string]: unknown;
}

export interface TestServerOptions {
  readonly resources?: readonly Resource[];
  /** Token and what it stands for; without, access is open. */
  readonly grants?: Readonly<Record<string, Grant>>;
  readonly baseFrom?: 'configured' | 'host';
  /** Waited for before a token is answered for. */
  readonly beforeCheck?: () => Promise<void>;
}

const endpoints = {
  authorization_endpoint: 'http://127.0.0.1/auth/authorize',
  token_endpoint: 'http://127.0.0.1/auth/token',
  introspection_endpoint: 'http://127.0.0.1/auth/introspect',
  revocation_endpoint: 'http://127.0.0.1/auth/revoke',
};

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const app = express();
  const server = http.createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/fhir`;
  const log: AccessLogEntry[] = [];
  let ids = 0;
  let seconds = 0;
  const { grants } = options;
  const access: FhirServerOptions['access'] =
    grants === undefined
      ? { kind: 'open' }
      : {
          kind: 'smart',
          check: async (token) => {
            await options.beforeCheck?.();
            return grants[token];
          },
          smartConfiguration: endpoints,
        };
  const handler = await createFhirHandler({
    baseUrl: base,
    ...(options.baseFrom === undefined ? {} : { baseFrom: options.baseFrom }),
    resources: options.resources ?? clinic,
    access,
    clock: () => new Date(Date.UTC(2026, 10, 25, 8, 0, seconds++)),
    newId: () => `new-${String(++ids)}`,
    onAccess: (entry) => log.push(entry),
  });
  app.use('/fhir', handler);
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  );
  return {
    base,
    log,
    call: (path, init) => call(path.startsWith('http') ? path : base + path, init),
  };
}

async function call(
  url: string,
  { method = 'GET', body, headers = {} }: Call = {},
): Promise<Reply> {
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url, {
    method,
    headers: {
      ...(sent === undefined ? {} : { 'content-type': 'application/fhir+json' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: (isJson && text !== '' ? JSON.parse(text) : {}) as Json,
  };
}

/** Logical ids of the entries, in order. */
export function idsOf(reply: Reply, mode?: 'match' | 'include'): readonly (string | undefined)[] {
  return (reply.json.entry ?? [])
    .filter(({ search }) => mode === undefined || search?.mode === mode)
    .map(({ resource }) => resource?.id);
}

export function patient(id: string, family: string, given: string, birthDate: string): Resource {
  return {
    resourceType: 'Patient',
    id,
    identifier: [{ system: 'https://sample-ehr.example.org/mrn', value: `mrn-${id}` }],
    name: [{ family, given: [given] }],
    birthDate,
    generalPractitioner: [{ reference: 'Practitioner/ana-souza' }],
  };
}

export function heartRate(id: string, subject: string, at: string, value: number): Resource {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'vital-signs',
          },
        ],
      },
    ],
    code: {
      coding: [{ system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' }],
    },
    subject: { reference: `Patient/${subject}` },
    performer: [{ reference: 'Practitioner/ana-souza' }],
    effectiveDateTime: at,
    valueQuantity: {
      value,
      unit: 'beats/minute',
      system: 'http://unitsofmeasure.org',
      code: '/min',
    },
  };
}

const clinic: readonly Resource[] = [
  { resourceType: 'Practitioner', id: 'ana-souza', name: [{ family: 'Souza', given: ['Ana'] }] },
  patient('zoe', 'Nuñez', 'Zoë', '1984-03-09'),
  patient('tomas', 'Novák', 'Tomáš', '1961-11-30'),
  patient('mei', 'Lindqvist', 'Mei', '2012-07-21'),
  heartRate('hr-1', 'zoe', '2026-10-01T08:00:00Z', 68),
  heartRate('hr-2', 'zoe', '2026-10-08T08:05:00Z', 71),
  heartRate('hr-3', 'zoe', '2026-10-15T07:55:00Z', 66),
  heartRate('hr-4', 'tomas', '2026-10-02T09:10:00Z', 84),
  {
    resourceType: 'Observation',
    id: 'glucose',
    status: 'final',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'laboratory',
          },
        ],
      },
    ],
    code: { coding: [{ system: 'http://loinc.org', code: '2345-7' }] },
    subject: { reference: 'Patient/zoe' },
    effectivePeriod: { start: '2026-09-01', end: '2026-09-30' },
    valueQuantity: { value: 5.4, unit: 'mmol/L' },
  },
  {
    resourceType: 'DocumentReference',
    id: 'letter',
    status: 'current',
    subject: { reference: 'Patient/zoe' },
    content: [{ attachment: { contentType: 'text/plain', url: 'Binary/letter-text' } }],
  },
  {
    resourceType: 'Binary',
    id: 'letter-text',
    contentType: 'text/plain',
    data: Buffer.from('Dear colleague').toString('base64'),
  },
];
