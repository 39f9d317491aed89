/** What a request is taken for, and whether it may change the EHR. */
import { describe, expect, it } from 'vitest';
import { canChange, classify } from '../../../audit/event/index.ts';
import { request } from '../../support/exchanges.ts';

const batch = { resourceType: 'Bundle', type: 'batch' };

const rows: readonly (readonly [string, string, unknown, object, boolean])[] = [
  ['GET', 'Patient/1', undefined, { kind: 'read', type: 'Patient', id: '1' }, false],
  ['GET', 'Patient/1?_format=json', undefined, { kind: 'read', type: 'Patient', id: '1' }, false],
  ['HEAD', 'Patient/1', undefined, { kind: 'read', type: 'Patient', id: '1' }, false],
  ['GET', 'Patient/a%2Db', undefined, { kind: 'read', type: 'Patient', id: 'a-b' }, false],
  [
    'GET',
    'Patient/1/_history/2',
    undefined,
    { kind: 'vread', type: 'Patient', id: '1', versionId: '2' },
    false,
  ],
  ['GET', 'Patient', undefined, { kind: 'search', level: 'type', type: 'Patient' }, false],
  ['GET', 'Patient/', undefined, { kind: 'search', level: 'type', type: 'Patient' }, false],
  ['GET', 'Patient?name=x', undefined, { kind: 'search', level: 'type', type: 'Patient' }, false],
  ['GET', 'Patient/_search?name=x', undefined, { kind: 'search', level: 'type' }, false],
  ['POST', 'Patient/_search', 'name=x', { kind: 'search', level: 'type', type: 'Patient' }, false],
  ['POST', '_search', 'a=b', { kind: 'search', level: 'system' }, false],
  ['POST', 'Patient/1/Observation/_search', 'a=b', { kind: 'search', level: 'compartment' }, false],
  ['POST', 'Patient/1/_search', 'a=b', { kind: 'unrecognised' }, true],
  ['GET', '?_type=Patient', undefined, { kind: 'search', level: 'system' }, false],
  ['GET', '?_getpages=1', undefined, { kind: 'search', level: 'page' }, false],
  ['GET', '?x_getpages=1', undefined, { kind: 'search', level: 'system' }, false],
  [
    'GET',
    'Patient/1/Observation',
    undefined,
    { kind: 'search', level: 'compartment', type: 'Observation' },
    false,
  ],
  [
    'GET',
    'Patient/1/*',
    undefined,
    { kind: 'search', level: 'compartment', type: undefined },
    false,
  ],
  ['GET', 'metadata', undefined, { kind: 'capabilities' }, false],
  ['GET', '.well-known/smart-configuration', undefined, { kind: 'capabilities' }, false],
  ['OPTIONS', '', undefined, { kind: 'capabilities' }, true],
  ['POST', 'Observation', {}, { kind: 'create', type: 'Observation', conditional: false }, true],
  ['PUT', 'Observation/1', {}, { kind: 'update', type: 'Observation', id: '1' }, true],
  ['PUT', 'Observation?identifier=1', {}, { kind: 'update', id: undefined }, true],
  ['PATCH', 'Observation/1', [], { kind: 'patch', id: '1' }, true],
  ['PATCH', 'Observation?identifier=1', [], { kind: 'patch', id: undefined }, true],
  ['DELETE', 'Observation/1', undefined, { kind: 'delete', id: '1' }, true],
  ['DELETE', 'Observation?identifier=1', undefined, { kind: 'conditional-delete' }, true],
  ['DELETE', 'Observation/1/_history/2', undefined, { kind: 'unrecognised' }, true],
  ['POST', '', batch, { kind: 'batch' }, true],
  ['POST', '', { ...batch, type: 'transaction' }, { kind: 'transaction' }, true],
  ['POST', '', { ...batch, type: 'document' }, { kind: 'unrecognised' }, true],
  ['POST', '', '{"resourceType":"Bundle","type":"batch"', { kind: 'unrecognised' }, true],
  ['GET', 'Patient/1/_history', undefined, { kind: 'history', level: 'instance' }, false],
  ['GET', 'Patient/_history', undefined, { kind: 'history', level: 'type' }, false],
  ['GET', '_history', undefined, { kind: 'history', level: 'system' }, false],
  ['GET', 'Patient/1/$everything', undefined, { kind: 'operation', name: '$everything' }, false],
  ['POST', 'Patient/1/$everything', {}, { kind: 'operation' }, true],
  ['GET', '$export', undefined, { kind: 'operation', name: '$export' }, true],
  ['GET', 'Group/1/%24export', undefined, { kind: 'operation', name: '$export' }, true],
  ['HEAD', 'Patient/$export?_type=x', undefined, { kind: 'operation' }, true],
  ['GET', 'Patient//1', undefined, { kind: 'unrecognised' }, false],
  ['GET', 'Patient%2F1', undefined, { kind: 'unrecognised' }, false],
  ['GET', 'patient/1', undefined, { kind: 'unrecognised' }, false],
  ['GET', 'Patient/1/2/3', undefined, { kind: 'unrecognised' }, false],
  ['GET', '%zz', undefined, { kind: 'unrecognised' }, false],
  ['get', 'Patient/1', undefined, { kind: 'unrecognised' }, true],
  ['BREW', 'Patient/1', undefined, { kind: 'unrecognised' }, true],
];

describe('classify and canChange', () => {
  it.each(rows)('%s %j', (method, target, body, expected, changes) => {
    const facts = request(method, target, body);
    expect(classify(facts)).toMatchObject(expected);
    expect(canChange(facts)).toBe(changes);
  });

  it('says so when the target is outside the base', () => {
    const facts = { ...request('GET', 'x'), path: undefined, target: '/elsewhere/Patient/1' };
    expect(classify(facts)).toEqual({ kind: 'unrecognised' });
    expect(canChange(facts)).toBe(false);
    expect(canChange({ ...facts, method: 'POST' })).toBe(true);
  });

  it('tells a conditional create by its header', () => {
    const facts = {
      ...request('POST', 'Patient', {}),
      headers: { 'if-none-exist': 'identifier=1' },
    };
    expect(classify(facts)).toEqual({ kind: 'create', type: 'Patient', conditional: true });
  });
});
