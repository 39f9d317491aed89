/** Which requests the gateway answers itself, and that nothing of their queries is kept. */
import { describe, expect, it } from 'vitest';
import { admit, trustedProxies, type Admitted } from '../../../gateway/gate/index.ts';
import { headFacts } from '../../../gateway/receive.ts';
import { publicDocumentAt, publicDocumentOf } from '../../../gateway/smart/documents.ts';
import { ownRouteOf } from '../../../gateway/smart/own-route.ts';

function admitted(target: string): Admitted {
  const result = admit(
    {
      method: 'GET',
      target,
      rawHeaders: ['Host', 'gw'],
      httpVersion: '1.1',
      peerAddress: '192.0.2.1',
    },
    {
      basePath: '/fhir',
      allowedHosts: new Set(['gw']),
      headerCount: 100,
      headerBytes: 10_000,
      cookieAllowList: new Set(),
      trustedProxies: trustedProxies([]),
    },
  );
  if (result.kind === 'refused') throw new Error(result.reason);
  return result;
}

describe('a route of the gateway', () => {
  it.each([
    ['/fhir/auth/authorize', { kind: 'authorize' }],
    ['/fhir/auth/authorize/?x', { kind: 'authorize' }],
    ['/fhir/aut%68/authorize', { kind: 'authorize' }],
    ['/fhir/launch/vitals', { kind: 'launch', name: 'vitals' }],
    ['/fhir/l%61unch/vit%61ls/?x', { kind: 'launch', name: 'vitals' }],
    ['/fhir/auth', undefined],
    ['/fhir/auth/authorize/x', undefined],
    ['/fhir/AUTH/authorize', undefined],
    ['/fhir/launch', undefined],
    ['/fhir/launch/a/b', undefined],
    ['/fhir/Patient/launch', undefined],
  ])('at %s is %j', (target, route) => {
    expect(ownRouteOf(admitted(target))).toEqual(route);
  });

  it('leaves no query in what is recorded, and no secret in its target', () => {
    const target = '/fhir/auth/authorize?state=SECRET&client_id=a';
    expect(headFacts(admitted(target), target)).toMatchObject({
      target: '/fhir/auth/authorize?state=redacted&client_id=a',
      query: '',
    });
    const search = '/fhir/Patient?state=x';
    expect(headFacts(admitted(search), search).query).toBe('state=x');
  });
});

describe('a public document', () => {
  it.each([
    ['metadata', 'capabilities'],
    ['met%61data', 'capabilities'],
    ['.well-known/smart-configuration', 'configuration'],
    ['metadata/x', undefined],
    ['Metadata', undefined],
    ['%zz', undefined],
    ['', undefined],
  ])('at %j is %j', (path, document) => {
    expect(publicDocumentAt(path)).toBe(document);
    expect(publicDocumentOf(`/fhir/${path}?a=b`, '/fhir')).toBe(document);
    expect(publicDocumentOf(`/other/${path}`, '/fhir')).toBeUndefined();
  });
});
