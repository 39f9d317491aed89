import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { route } from '../../review/route.ts';

describe('routing', () => {
  it.each([
    ['GET', '/fhir/AuditEvent', 'search'],
    ['GET', '/fhir/AuditEvent?x=/y', 'search'],
    ['GET', '/fhir/AuditEvent/01ABC', 'read'],
    ['POST', '/fhir/AuditEvent/_search', 'search-form'],
    ['GET', '/fhir/metadata', 'capabilities'],
    ['GET', '/livez', 'probe'],
    ['HEAD', '/readyz?x', 'probe'],
  ])('takes %s %s as %s', (method, target, kind) => {
    expect(route(method, target, '/fhir').kind).toBe(kind);
  });

  it.each([
    ['GET', '/fhir', 'path-unknown'],
    ['GET', '/fhir/', 'path-unknown'],
    ['GET', '/fhir2/AuditEvent', 'path-unknown'],
    ['GET', '/AuditEvent', 'path-unknown'],
    ['GET', '/fhir/AuditEvent/', 'path-unknown'],
    ['GET', '/fhir/AuditEvent/a/_history/1', 'path-unknown'],
    ['GET', '/fhir/AuditEvent/..%2fmetadata', 'path-unknown'],
    ['GET', '/fhir/livez', 'path-unknown'],
    ['GET', 'http://user:secret@host/fhir/AuditEvent', 'target-refused'],
    ['OPTIONS', '*', 'target-refused'],
    ['PATCH', '/fhir/AuditEvent/a', 'method-not-allowed'],
    ['HEAD', '/fhir/AuditEvent', 'method-not-allowed'],
    ['POST', '/metrics', 'method-not-allowed'],
  ])('refuses %s %s as %s', (method, target, fault) => {
    expect(route(method, target, '/fhir')).toMatchObject({ kind: 'refused', fault });
  });

  it('serves a base without a path', () => {
    expect(route('GET', '/AuditEvent', '').kind).toBe('search');
    expect(route('GET', '/livez', '').kind).toBe('probe');
  });

  it('places any target somewhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (target) => {
        expect(route('GET', `/${target}`, '/fhir')).toHaveProperty('kind');
      }),
    );
  });
});
