/** The clinic day is the same every time, and holds what a privacy officer should find. */
import path from 'node:path';
import type { AuditEvent } from '@medplum/fhirtypes';
import { beforeAll, describe, expect, it } from 'vitest';
import * as sample from '../../sample/index.ts';
import { startTestClinic } from '../support/clinic.ts';
import { validateAuditEvent } from '../support/balp/index.ts';
import { detailOf, requestIdOf } from '../support/face-under-test.ts';
import { readEvents } from '../support/ledger-events.ts';
import { normaliseEvents, type NormalEvent } from '../support/same-events.ts';

interface Day {
  readonly events: readonly AuditEvent[];
  readonly normal: readonly NormalEvent[];
  readonly played: sample.ClinicDay;
  /** Requests in the EHR's access log whose id no record holds. */
  readonly around: readonly string[];
}

async function playOnce(): Promise<Day> {
  const clinic = await startTestClinic();
  const { running, ehr, app } = clinic;
  const played = await sample.playClinicDay({
    baseUrl: running.appUrl,
    ehr,
    redirectUris: { vitals: app.redirectUri },
    tell: () => undefined,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  await running.close();
  const { events } = readEvents(path.dirname(path.dirname(running.ledger.directory)));
  await clinic.close();
  const ids = new Set(events.map(requestIdOf));
  const bases = {
    gateway: running.appUrl,
    review: running.reviewUrl,
    'gateway-origin': new URL(running.appUrl).origin,
    ehr: ehr.origin,
    app: app.origin,
  };
  return {
    events,
    normal: normaliseEvents(events, bases),
    played,
    around: ehr
      .accessLog()
      .filter(({ requestId }) => !ids.has(requestId))
      .map(({ method, target }) => `${method} ${target}`),
  };
}

let first: Day;
let second: Day;
beforeAll(async () => {
  [first, second] = await Promise.all([playOnce(), playOnce()]);
});

function subtypes(event: AuditEvent): readonly string[] {
  return (event.subtype ?? []).map((coding) => coding.code ?? '');
}

function about(patient: string): readonly AuditEvent[] {
  return first.events.filter((event) =>
    (event.entity ?? []).some((entity) => entity.what?.reference === `Patient/${patient}`),
  );
}

describe('two days of the clinic', () => {
  it('leave the same events but for ids and instants', () => {
    expect(second.played).toEqual(first.played);
    expect(second.normal).toHaveLength(first.normal.length);
    first.normal.forEach((event, index) => {
      expect(second.normal[index], `event ${String(index)}`).toEqual(event);
    });
  });

  it('leave different ones before ids and instants are taken out', () => {
    expect(second.events[0]).not.toEqual(first.events[0]);
  });
});

describe('the events of a clinic day', () => {
  it('are valid', () => {
    for (const event of first.events) expect(validateAuditEvent(event)).toEqual([]);
  });

  it('account for every request that reached the EHR', () => {
    expect(first.around).toEqual([]);
    expect(first.played.requests).toBeGreaterThan(50);
    expect(first.events.length).toBeGreaterThan(first.played.requests);
  });

  it('are of several users, apps and sessions, all of them verified', () => {
    const text = JSON.stringify(first.events);
    for (const who of [
      'Dr Ana Souza',
      'Dr Kenji Mori',
      'Aoife Byrne',
      'Dr Lukas Weber',
      'Zoë Nuñez',
    ])
      expect(text).toContain(`"${who}"`);
    for (const app of ['vitals', 'chart-review', 'patient-portal', 'population-health'])
      expect(text).toContain(`"${app}"`);
    const sessions = new Set(
      first.events
        .filter((event) => detailOf(event, 'session-kind') === 'idp-session')
        .map((event) => detailOf(event, 'session')),
    );
    expect(sessions.size).toBeGreaterThanOrEqual(8);
  });

  it('tell of refusals for every reason', () => {
    const statuses = new Set(first.events.map((event) => detailOf(event, 'http-status')));
    for (const status of ['200', '201', '304', '401', '403', '404', '406', '410']) {
      expect(statuses).toContain(status);
    }
  });

  it('tell of the nurse in the chart of the VIP, and of the app that was refused it', () => {
    const outcomes = about('ines').map((event) => {
      const user = event.agent.find((agent) => agent.requestor && agent.name !== undefined)?.name;
      return `${user ?? ''} ${event.outcome ?? ''}`;
    });
    expect(outcomes).toContain('Aoife Byrne 0');
    expect(outcomes).not.toContain('Dr Kenji Mori 0');
    expect(outcomes.filter((one) => one.startsWith('Dr Kenji Mori')).length).toBeGreaterThan(0);
  });

  it('tell of launches, authorization requests, changes and a deletion', () => {
    const seen = new Set(first.events.flatMap(subtypes));
    for (const code of [
      'launch-relayed',
      'authorization-request',
      'read',
      'search-type',
      'create',
      'update',
      'delete',
    ]) {
      expect(seen).toContain(code);
    }
  });
});
