/** The comparison of two runs can fail: it hides what must differ, and nothing else. */
import type { AuditEvent } from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import { normaliseEvents } from './same-events.ts';

function event(changes: {
  readonly id: string;
  readonly token?: string;
  readonly patient?: string;
  readonly port?: number;
  readonly recorded?: string;
}): AuditEvent {
  const base = `http://localhost:${String(changes.port ?? 1)}/fhir`;
  return {
    resourceType: 'AuditEvent',
    id: changes.id,
    recorded: changes.recorded ?? '2026-12-01T09:30:00.250Z',
    type: { code: 'rest' },
    agent: [{ requestor: true, policy: [`urn:jti:${changes.token ?? 't'}`] }],
    source: { observer: {}, site: base },
    entity: [
      { what: { reference: `Patient/${changes.patient ?? 'zoe'}` } },
      { query: Buffer.from(`GET ${base}?_getpages=${changes.id}`).toString('base64') },
      { type: { code: 'XrequestId' }, what: { identifier: { value: `r-${changes.id}` } } },
      { detail: [{ type: 'session', valueString: `s-${changes.token ?? 't'}` }] },
    ],
  };
}

const one = (port: number, ...events: readonly AuditEvent[]): unknown =>
  normaliseEvents(events, { gateway: `http://localhost:${String(port)}/fhir` });

describe('the events of two runs', () => {
  it('are equal when only ids, instants, tokens and ports differ', () => {
    const first = [event({ id: 'A', token: 'x' }), event({ id: 'B', token: 'y' })];
    const second = [
      event({ id: 'C', token: 'p', port: 2, recorded: '2026-12-02T00:00:00Z' }),
      event({ id: 'D', token: 'q', port: 2 }),
    ];
    expect(one(2, ...second)).toEqual(one(1, ...first));
  });

  it.each<[string, readonly AuditEvent[]]>([
    ['a patient differs', [event({ id: 'A' }), event({ id: 'B', patient: 'ines' })]],
    ['one session is two', [event({ id: 'A', token: 'x' }), event({ id: 'B', token: 'z' })]],
    ['an instant is none', [event({ id: 'A', recorded: 'today' }), event({ id: 'B' })]],
    ['one is missing', [event({ id: 'A' })]],
    ['two are one', [event({ id: 'A' }), event({ id: 'A' })]],
    ['another host is named', [event({ id: 'A', port: 3 }), event({ id: 'B' })]],
  ])('differ when %s', (_, other) => {
    expect(one(1, ...other)).not.toEqual(one(1, event({ id: 'A' }), event({ id: 'B' })));
  });
});
