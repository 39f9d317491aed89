/** The check before the append: what it stops, each with the sound event beside it. */
import { describe, expect, it } from 'vitest';
import { guard, vocabulary, vocabularyMarkdown } from '../../../audit/event/index.ts';
import { readGoldens } from '../../support/golden.ts';

const [sound] = readGoldens().find((golden) => golden.name === 'read-patient')?.expected ?? [];

interface Event extends Record<string, unknown> {
  agent: Record<string, unknown>[];
  entity: [Record<string, unknown>, Record<string, unknown>, ...Record<string, unknown>[]];
}

function changed(change: (event: Event) => void): unknown {
  const event = structuredClone(sound) as Event;
  change(event);
  return event;
}

describe('the guard', () => {
  it('lets every golden event pass', () => {
    for (const { expected } of readGoldens()) {
      for (const event of expected) expect(guard(event)).toBeUndefined();
    }
  });

  it.each<[string, (event: Event) => void]>([
    ['not-an-audit-event', (e) => (e['resourceType'] = 'Patient')],
    ['id', (e) => (e['id'] = 'a b')],
    ['type', (e) => delete e['type']],
    ['recorded', (e) => (e['recorded'] = '+012026-01-01T00:00:00.000Z')],
    ['outcome', (e) => (e['outcome'] = '3')],
    ['action', (e) => delete e['action']],
    ['agent', (e) => (e.agent = [])],
    ['agent', (e) => delete e.agent[0]?.['who']],
    ['agent', (e) => delete e.agent[0]?.['requestor']],
    ['source', (e) => (e['source'] = {})],
    ['entity', (e) => delete (e as Record<string, unknown>)['entity']],
    ['entity', (e) => delete e.entity[1]['type']],
    ['entity', (e) => Object.assign(e.entity[1], { name: 'a', query: 'b' })],
    ['entity-collision', (e) => e.entity.push(e.entity[0])],
    ['entity-collision', (e) => e.entity.push(e.entity[1])],
    ['claim-on-failure', (e) => (e['outcome'] = '8')],
  ])('stops %s', (issue, change) => {
    expect(guard(sound)).toBeUndefined();
    expect(guard(changed(change))).toBe(issue);
  });

  it('stops what is no object', () => {
    expect(guard(undefined)).toBe('not-an-audit-event');
  });
});

describe('the vocabulary', () => {
  it('has one base for all canonicals', () => {
    for (const system of [vocabulary.entityType, vocabulary.detail, vocabulary.eventSubtype]) {
      expect(system.url.startsWith(`${vocabulary.base}/CodeSystem/`)).toBe(true);
    }
  });

  it('is on the page, every code with its meaning', () => {
    const page = vocabularyMarkdown();
    for (const system of Object.values(vocabulary)) {
      if (typeof system === 'string') continue;
      for (const code of Object.keys(system.codes)) expect(page).toContain(`| \`${code}\` | `);
    }
  });
});
