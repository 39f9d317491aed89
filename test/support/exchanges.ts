/** Exchanges for tests of the record: one plain read, with whatever a test wants to be different. */
import type { Exchange, RequestFacts } from '../../audit/event/index.ts';
import type { Identity } from '../../smart/index.ts';

export const ana: Extract<Identity, { kind: 'verified-signature' }> = {
  kind: 'verified-signature',
  claims: {
    issuer: 'https://ehr.example.org/oauth',
    subject: 'u-4711',
    name: 'Dr Ana Souza',
    fhirUser: 'Practitioner/12',
    clientId: 'Vitals',
    isClientOnly: false,
    tokenId: 'at-8c1e',
    scopes: ['user/*.cruds'],
    purposeOfUse: [],
  },
  check: { issuer: 'https://ehr.example.org/oauth', algorithm: 'RS256' },
  tokenDigest: 'urn:chaperone:token:hmac-sha256:k1:q83vEjRWeJA',
};

/** A request by method and path with query, with a body when there is one. */
export function request(method: string, pathAndQuery: string, body?: unknown): RequestFacts {
  const [path = '', query = ''] = pathAndQuery.split(/\?(.*)/s);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    method,
    target: `/fhir/${pathAndQuery}`,
    path,
    query,
    headers: {},
    body: body === undefined ? undefined : Buffer.from(text),
  };
}

/** An exchange that was answered with JSON. */
export function answered(
  facts: RequestFacts,
  json: unknown,
  more: Partial<Exchange> & { readonly status?: number } = {},
): Exchange {
  const { status = 200, ...rest } = more;
  return {
    requestId: 'request-1',
    receivedAt: new Date('2026-12-01T09:30:00.100Z'),
    endedAt: new Date('2026-12-01T09:30:00.200Z'),
    peer: { address: '192.0.2.7' },
    request: facts,
    identity: ana,
    answer: {
      kind: 'answered',
      status,
      headers: {},
      bodyBytes: 0,
      inspection: json === undefined ? { kind: 'none' } : { kind: 'json', json },
    },
    ...rest,
  };
}

interface Entity {
  readonly type?: { readonly code?: string };
  readonly role?: { readonly code?: string };
  readonly what?: {
    readonly reference?: string;
    readonly display?: string;
    readonly identifier?: { readonly system?: string; readonly value?: string };
  };
  readonly query?: string;
  readonly detail?: readonly { readonly type: string; readonly valueString?: string }[];
}

/** An AuditEvent as tests look at it. */
export interface EventJson {
  readonly id: string;
  readonly meta?: { readonly profile?: readonly string[] };
  readonly type: { readonly code: string };
  readonly subtype: readonly { readonly code: string }[];
  readonly action: string;
  readonly outcome: string;
  readonly outcomeDesc: string;
  readonly agent: readonly {
    readonly name?: string;
    readonly who?: { readonly display?: string; readonly identifier?: { readonly value?: string } };
    readonly requestor: boolean;
    readonly policy?: readonly string[];
    readonly network?: { readonly address?: string; readonly type?: string };
  }[];
  readonly entity: readonly Entity[];
}

/** The JSON of described events. */
export function parseEvents(events: readonly { readonly body: string }[]): readonly EventJson[] {
  return events.map((event) => JSON.parse(event.body) as EventJson);
}

/** Who the patient of an event is, in one text; undefined when it has none. */
export function patientOf(event: EventJson): string | undefined {
  const what = event.entity.find((entity) => entity.type?.code === '1')?.what;
  const { system = '', value } = what?.identifier ?? {};
  return what?.reference ?? (value === undefined ? what?.display : `${system}|${value}`);
}

/** All values of one detail of an event. */
export function detailsOf(event: EventJson, type: string): readonly string[] {
  return event.entity
    .flatMap((entity) => entity.detail ?? [])
    .filter((detail) => detail.type === type)
    .map((detail) => detail.valueString ?? '');
}
