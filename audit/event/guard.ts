/**
 * A cheap check of every event before it is appended: what would make it useless as evidence or
 * break a BALP profile. The full validator lives in the tests; this is what runs on each exchange.
 */
import { entityTypes } from './codes.ts';
import { isObject, type JsonObject } from './fhir.ts';

/** Why an event must not be appended as it is. */
export type GuardIssue =
  | 'not-an-audit-event'
  | 'id'
  | 'type'
  | 'recorded'
  | 'outcome'
  | 'action'
  | 'agent'
  | 'source'
  | 'entity'
  | 'entity-collision'
  | 'claim-on-failure';

const outcomes = new Set<unknown>(['0', '4', '8', '12']);
const actions = new Set<unknown>(['C', 'R', 'U', 'D', 'E']);

function isCoding(value: unknown): boolean {
  return isObject(value) && typeof value['code'] === 'string' && value['code'] !== '';
}

function agentsAreSound(agents: unknown): boolean {
  if (!Array.isArray(agents) || agents.length === 0) return false;
  return agents.every(
    (agent: unknown) =>
      isObject(agent) && typeof agent['requestor'] === 'boolean' && isObject(agent['who']),
  );
}

function entityIssue(entities: readonly unknown[]): GuardIssue | undefined {
  let person = 0;
  let systemObject = 0;
  let requestId = 0;
  for (const entity of entities) {
    if (!isObject(entity) || !isCoding(entity['type'])) return 'entity';
    if (entity['name'] !== undefined && entity['query'] !== undefined) return 'entity';
    const type = entity['type'] as JsonObject;
    if (type['code'] === entityTypes.requestId.code) requestId++;
    else if (type['system'] === entityTypes.person.system) {
      if (type['code'] === entityTypes.person.code) person++;
      if (type['code'] === entityTypes.systemObject.code) systemObject++;
    }
  }
  if (person > 1 || systemObject > 1 || requestId > 1) return 'entity-collision';
  return undefined;
}

/**
 * Checks one event.
 *
 * @param event Any value.
 * @returns The first thing that is wrong; undefined when the event may be appended. Does NOT check
 *   conformance to the profiles that the event claims.
 */
export function guard(event: unknown): GuardIssue | undefined {
  if (!isObject(event) || event['resourceType'] !== 'AuditEvent') return 'not-an-audit-event';
  if (typeof event['id'] !== 'string' || !/^[A-Za-z0-9.-]{1,64}$/.test(event['id'])) return 'id';
  if (!isCoding(event['type'])) return 'type';
  const { recorded, meta, entity } = event;
  if (typeof recorded !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(recorded)) {
    return 'recorded';
  }
  if (!outcomes.has(event['outcome'])) return 'outcome';
  if (!actions.has(event['action'])) return 'action';
  if (!agentsAreSound(event['agent'])) return 'agent';
  if (!isObject(event['source']) || !isObject(event['source']['observer'])) return 'source';
  if (!Array.isArray(entity) || entity.length === 0) return 'entity';
  const claims = isObject(meta) && meta['profile'] !== undefined;
  if (claims && event['outcome'] !== '0') return 'claim-on-failure';
  return entityIssue(entity as readonly unknown[]);
}
