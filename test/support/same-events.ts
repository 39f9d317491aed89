/**
 * What may differ between the events of two runs of the same requests, and nothing else:
 *
 * - instants: `recorded`, `period`, when a token was issued and expires;
 * - ids that are new in each run: of the event, of the request (`X-Request-Id`), of the token (`jti`,
 *   its keyed digest), of the sign-in session, of the signing key, of a page of a search;
 * - keyed digests and hashes of values that are new in each run: launch handle, `state`, PKCE;
 * - the bases of the run, which hold its ports.
 *
 * Each value is replaced by a name with the number of its first appearance (`{token-2}`), so that what
 * belongs together in one run must belong together in the other. It is replaced where it is known to
 * stand; a value that merely looks alike stays, and shows as a difference.
 */
import type { AuditEvent } from '@medplum/fhirtypes';

/** An event with the values of its run replaced by names. */
export type NormalEvent = Readonly<Record<string, unknown>>;

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/u;

const tokenDigest = 'urn:fhir-chaperone:token-hmac-sha256:';

/** Details with a value of the run, and what it names. */
const namedDetails: Readonly<Record<string, string>> = {
  'code-challenge': 'challenge',
  'launch-digest': 'launch',
  'original-record': 'event',
  'signature-key': 'key',
  'state-digest': 'state',
  'token-digest': 'token-digest',
  session: 'session',
};
const instantDetails = new Set(['token-issued-at', 'token-expires-at']);

/**
 * @param bases Bases of the run by name, e.g. `{ gateway: 'http://localhost:41234/fhir' }`; a longer
 *   one goes first.
 */
export function normaliseEvents(
  events: readonly AuditEvent[],
  bases: Readonly<Record<string, string>>,
): readonly NormalEvent[] {
  const given = new Map<string, Map<string, string>>();
  const nameFor = (wanted: string, value: string): string => {
    // Where a token has no id of its own, its digest stands in: one name for it everywhere.
    const kind = value.startsWith(tokenDigest) ? 'token-digest' : wanted;
    const known = given.get(kind) ?? new Map<string, string>();
    given.set(kind, known);
    const name = known.get(value) ?? `{${kind}-${String(known.size + 1)}}`;
    known.set(value, name);
    return name;
  };
  const ordered = Object.entries(bases).sort(([, a], [, b]) => b.length - a.length);
  const text = (value: string): string => {
    let result = value;
    for (const [name, base] of ordered) {
      result = result.replaceAll(base, `{${name}}`);
      result = result.replaceAll(encodeURIComponent(base), `{${name}}`);
    }
    return result.replace(
      /(_getpages=)([^&\s"]+)/gu,
      (_, before: string, id: string) => `${before}${nameFor('page', id)}`,
    );
  };
  const when = (value: string): string => (instant.test(value) ? '{instant}' : value);
  return events.map((event) => normaliseOne(event, { nameFor, text, when }));
}

interface Rules {
  readonly nameFor: (kind: string, value: string) => string;
  readonly text: (value: string) => string;
  readonly when: (value: string) => string;
}

function normaliseOne(event: AuditEvent, rules: Rules): NormalEvent {
  const { nameFor, when } = rules;
  const replaced = {
    ...event,
    id: nameFor('event', event.id ?? ''),
    recorded: when(event.recorded),
    ...(event.period === undefined
      ? {}
      : { period: { start: when(event.period.start ?? ''), end: when(event.period.end ?? '') } }),
    agent: event.agent.map((agent) => normaliseAgent(agent, nameFor)),
    entity: event.entity?.map((entity) => normaliseEntity(entity, rules)),
  };
  return everyText(replaced, rules.text) as NormalEvent;
}

type Agent = AuditEvent['agent'][number];

function normaliseAgent(agent: Agent, nameFor: Rules['nameFor']): unknown {
  const value = agent.who?.identifier?.value;
  return {
    ...agent,
    ...(agent.policy === undefined
      ? {}
      : { policy: agent.policy.map((policy) => nameFor('token', policy)) }),
    // The holder of an opaque token is known by the token's digest.
    ...(value?.startsWith(tokenDigest) === true
      ? { who: { ...agent.who, identifier: { value: nameFor('token-digest', value) } } }
      : {}),
  };
}

type Entity = NonNullable<AuditEvent['entity']>[number];

function normaliseEntity(entity: Entity, { nameFor, when }: Rules): unknown {
  const isRequestId = entity.type?.code === 'XrequestId';
  const value = entity.what?.identifier?.value;
  return {
    ...entity,
    ...(isRequestId && value !== undefined
      ? { what: { identifier: { value: nameFor('request', value) } } }
      : {}),
    ...(entity.query === undefined
      ? {}
      : { query: Buffer.from(entity.query, 'base64').toString('utf8') }),
    ...(entity.detail === undefined
      ? {}
      : {
          detail: entity.detail.map((detail) => {
            const { type } = detail;
            const said = detail.valueString ?? '';
            const kind = namedDetails[type];
            if (kind !== undefined) return { ...detail, valueString: nameFor(kind, said) };
            return instantDetails.has(type) ? { ...detail, valueString: when(said) } : detail;
          }),
        }),
  };
}

function everyText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => everyText(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, everyText(one, change)]),
  );
}
