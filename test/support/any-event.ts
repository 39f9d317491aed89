/** AuditEvents and conditions at random, out of small sets so that searches hit and miss. */
import fc from 'fast-check';
import type { AskedCondition, AskedValue } from './independent-search.ts';
import { typeOf } from './independent-search.ts';

const detailSystem = 'https://fhir-chaperone.org/fhir/CodeSystem/entity-type';
const systems = [undefined, 'urn:x', 'urn:y'] as const;
const codes = ['rest', 'read', '1', 'a,b', 'a|b', 'R'];
const texts = ['Dr Ana Souza', 'Zoë Nuñez', 'ZOE', '192.0.2.7', '192.0.2.70', '10.0.0.1', 'a,b\\c'];
const uris = ['urn:p:1', 'urn:p:2', 'https://x/p|1', 'URN:P:1'];
const references = [
  'Patient/a',
  'Patient/b',
  'Practitioner/a',
  'Device/a',
  'Observation/a/_history/2',
  'Observation/b',
  'https://ehr/fhir/Patient/a',
  'https://ehr/fhir/Patient/b/_history/1',
  'https://other/fhir/Patient/a',
  'urn:uuid:11111111-2222-3333-4444-555555555555',
  '#contained',
];
const agentTypes = ['Patient', 'Practitioner', 'Device'];

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const coded = fc.record({
  system: fc.constantFrom(...systems),
  code: fc.constantFrom(...codes),
});
const someCoded = fc.array(coded, { minLength: 1, maxLength: 2 });
const identifier = fc.record({
  system: fc.constantFrom(...systems),
  value: fc.constantFrom(...codes),
});
const reference = fc.record({
  reference: maybe(fc.constantFrom(...references)),
  type: fc.constantFrom(undefined, undefined, 'Patient'),
  identifier: maybe(identifier),
});

/** Midnight of the first day on which the events lie. */
export const firstDayMs = Date.UTC(2026, 1, 27);

const agent = fc.record({
  who: maybe(reference),
  altId: maybe(fc.constantFrom(...codes)),
  name: maybe(fc.constantFrom(...texts)),
  role: maybe(
    fc.array(fc.record({ coding: maybe(someCoded), text: fc.constant('a role') }), {
      minLength: 1,
      maxLength: 2,
    }),
  ),
  policy: maybe(fc.uniqueArray(fc.constantFrom(...uris), { minLength: 1, maxLength: 2 })),
  network: maybe(fc.record({ address: fc.constantFrom(...texts) })),
  requestor: fc.boolean(),
});

const entity = fc.record({
  what: maybe(reference),
  type: maybe(fc.oneof(coded, fc.constant({ system: detailSystem, code: 'record-detail' }))),
  role: maybe(coded),
  name: maybe(fc.constantFrom(...texts)),
  detail: maybe(
    fc.array(
      fc.record({
        type: fc.constantFrom('session', 'session-kind'),
        valueString: fc.constantFrom(...codes),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  ),
});

/** An event without its id. Four days around the end of a month, many instants on edges. */
export const anyEvent = fc.record({
  resourceType: fc.constant('AuditEvent'),
  meta: maybe(
    fc.record({
      profile: maybe(fc.uniqueArray(fc.constantFrom(...uris), { minLength: 1, maxLength: 2 })),
      security: maybe(someCoded),
      tag: maybe(someCoded),
    }),
  ),
  type: maybe(coded),
  subtype: maybe(someCoded),
  action: maybe(fc.constantFrom('C', 'R', 'U', 'D', 'E')),
  recorded: fc
    .tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom(0, 1, 999, 1000, 59_999, 60_000, 3_600_000, 86_399_999, 86_340_000),
    )
    .map(([day, ms]) => new Date(firstDayMs + day * 86_400_000 + ms).toISOString()),
  outcome: maybe(fc.constantFrom('0', '4', '8', '12')),
  agent: fc.array(agent, { minLength: 1, maxLength: 3 }),
  source: fc.record({ site: maybe(fc.constantFrom(...codes)), observer: maybe(reference) }),
  entity: maybe(fc.array(entity, { minLength: 1, maxLength: 4 })),
});

const token: fc.Arbitrary<AskedValue> = fc
  .record({
    system: fc.constantFrom(undefined, '', 'urn:x', 'urn:y', detailSystem),
    code: fc.constantFrom(undefined, ...codes, 'record-detail', 'nothing'),
  })
  .filter(({ system, code }) => code !== undefined || (system !== undefined && system !== ''))
  .map(({ system, code }) => ({
    kind: 'token',
    ...(system === undefined ? {} : { system }),
    ...(code === undefined ? {} : { code }),
  }));

const codeOf = (system: string, known: readonly string[]): fc.Arbitrary<AskedValue> =>
  fc
    .tuple(fc.constantFrom(undefined, '', system), fc.constantFrom(...known))
    .map(([its, code]) => ({ kind: 'token', code, ...(its === undefined ? {} : { system: its }) }));

const wantedReferences: Readonly<Record<string, readonly string[]>> = {
  patient: ['a', 'b', 'nobody', 'Patient/a', 'Patient/b/_history/9', 'https://ehr/fhir/Patient/a'],
  agent: ['a', 'b', 'Practitioner/a', 'Device/a', 'https://other/fhir/Patient/a'],
  source: ['a', 'Device/a', 'Patient/b', 'https://ehr/fhir/Patient/b'],
  entity: ['a', 'b', 'Observation/a', 'https://ehr/fhir/Patient/b', ...references.slice(0, 10)],
};

function valuesOf(name: string): fc.Arbitrary<AskedValue> {
  switch (typeOf(name)) {
    case 'date':
      return fc.record({
        kind: fc.constant('date'),
        prefix: fc.constantFrom('', 'eq', 'ne', 'lt', 'gt', 'le', 'ge', 'sa', 'eb'),
        text: fc.constantFrom(
          '2026-02',
          '2026-02-28',
          '2026-03-01',
          '2026-02-28T00:00Z',
          '2026-02-27T00:00:00Z',
          '2026-02-28T00:00:00.999Z',
          '2026-03-01T23:59Z',
        ),
      });
    case 'reference':
      return fc
        .constantFrom(...(wantedReferences[name] ?? []))
        .map((text) => ({ kind: 'reference', text }));
    case 'string':
      return fc
        .constantFrom(...texts, 'dr', 'zoe', 'NUÑEZ', '192.0.2.7', '192.', 'souza', 'a,B', 'å')
        .map((text) => ({ kind: 'text', text }));
    case 'uri':
      return fc.constantFrom(...uris, 'urn:none').map((text) => ({ kind: 'text', text }));
    default:
      if (name === '_id') {
        return fc.constantFrom('e3', 'e5', 'e77', 'e').map((code) => ({ kind: 'token', code }));
      }
      if (name === 'action')
        return codeOf('http://hl7.org/fhir/audit-event-action', ['R', 'C', 'D']);
      if (name === 'outcome') {
        return codeOf('http://hl7.org/fhir/audit-event-outcome', ['0', '8', '12']);
      }
      return token;
  }
}

const missing: fc.Arbitrary<AskedValue> = fc
  .constantFrom('true', 'false')
  .map((text) => ({ kind: 'text', text }));

function conditionOf(name: string, modifier: string): fc.Arbitrary<AskedCondition> {
  if (modifier === 'missing') {
    return missing.map((value) => ({ name, modifier, anyOf: [value] }));
  }
  const value = modifier === 'identifier' ? token : valuesOf(name);
  const fits = (asked: AskedValue): boolean => {
    if (!/^[A-Z]/u.test(modifier) || asked.kind !== 'reference') return true;
    // A type in the value that is another than that of the modifier is refused.
    return (
      !asked.text.startsWith('urn:') && (asked.text.split('/').at(-2) ?? modifier) === modifier
    );
  };
  return fc
    .array(
      value.filter((one) => fits(one)),
      { minLength: 1, maxLength: 3 },
    )
    .map((anyOf) => ({ name, modifier, anyOf }));
}

/** A condition on one of these parameters with one of its modifiers. */
export function anyCondition(
  parameters: readonly { readonly name: string; readonly modifiers: readonly string[] }[],
): fc.Arbitrary<AskedCondition> {
  const each = parameters.flatMap(({ name, modifiers }) => {
    const types = name === 'entity' ? ['Patient', 'Observation'] : [];
    const ofTypes = modifiers.filter((one) => !/^[A-Z]/u.test(one) || agentTypes.includes(one));
    return ['', ...ofTypes, ...types].map((modifier) => ({ name, modifier }));
  });
  return fc.constantFrom(...each).chain(({ name, modifier }) => conditionOf(name, modifier));
}

/** The condition as a parameter of a query, encoded. */
export function asQuery({ name, modifier, anyOf }: AskedCondition): string {
  const escape = (text: string): string => text.replace(/[\\,|$]/gu, '\\$&');
  const value = anyOf.map((asked) => {
    switch (asked.kind) {
      case 'token': {
        const code = escape(asked.code ?? '');
        return asked.system === undefined ? code : `${escape(asked.system)}|${code}`;
      }
      case 'date':
        return asked.prefix + asked.text;
      case 'reference':
      case 'text':
        return escape(asked.text);
    }
  });
  const parameter = modifier === '' ? name : `${name}:${modifier}`;
  return `${encodeURIComponent(parameter)}=${encodeURIComponent(value.join(','))}`;
}
