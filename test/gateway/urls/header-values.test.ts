import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUrlMap } from '../../../gateway/urls/index.ts';
import { gw, read, text, up, urlMap } from './support.ts';

const map = urlMap(['https://alias.example/fhir']);

describe('an answer header', () => {
  it.each([
    ['Location', `${up}/Patient/1/_history/1`, `${gw}/Patient/1/_history/1`],
    ['location', 'https://alias.example:443/fhir/Patient/1', `${gw}/Patient/1`],
    [
      'Content-Location',
      `${up}/$export-poll-status?_jobId=1`,
      `${gw}/$export-poll-status?_jobId=1`,
    ],
    ['Location', up, gw],
    [
      'Link',
      `<${up}?_getpages=1>; rel="next", <${up}/Patient>; rel=self`,
      `<${gw}?_getpages=1>; rel="next", <${gw}/Patient>; rel=self`,
    ],
  ])('%s: %s leads to the gateway', (name, value, expected) => {
    expect(map.outwardHeader(name, value)).toBe(expected);
  });

  it.each([
    ['Location', 'Patient/1/_history/1'],
    ['Location', '/fhir/Patient/1'],
    ['Location', `${up}2/Patient/1`],
    ['Location', 'https://login.example/?back=' + up],
    ['Link', `<https://other.example>; title="<${up}/x>"`],
    ['Link', `<${up}2>; rel=next, <${up}`],
    ['X-Cache', `HIT from ${up}`],
    ['ETag', `"${up}"`],
  ])('%s: %s stays', (name, value) => {
    expect(map.outwardHeader(name, value)).toBe(value);
  });
});

describe('a request header', () => {
  it('If-None-Exist is mapped as a query and as a URL with one', () => {
    expect(map.inwardHeader('If-None-Exist', `subject=${gw}/Patient/1&x=1`)).toBe(
      `subject=${up}/Patient/1&x=1`,
    );
    expect(map.inwardHeader('if-none-exist', `${gw}/Patient?general-practitioner=${gw}/P/1`)).toBe(
      `${up}/Patient?general-practitioner=${up}/P/1`,
    );
    expect(map.inwardHeader('If-None-Exist', 'identifier=a|b')).toBe('identifier=a|b');
  });

  it('others stay', () => {
    expect(map.inwardHeader('Referer', `${gw}/x`)).toBe(`${gw}/x`);
  });
});

describe('a query', () => {
  const encoded = encodeURIComponent;
  it.each([
    ['plain', `subject=${gw}/Patient/1`, `subject=${up}/Patient/1`],
    ['encoded', `subject=${encoded(`${gw}/Patient/1`)}`, `subject=${encoded(`${up}/Patient/1`)}`],
    [
      'encoded in lower case',
      'a=1&subject=https%3a%2f%2fgw.example%2fapi%2ffhir%2fPatient%2f1',
      'a=1&subject=http%3a%2f%2fupstream.example%3a8090%2ffhir%2fPatient%2f1',
    ],
    [
      'encoded slashes only',
      'subject=https:%2F%2Fgw.example%2Fapi%2Ffhir%2FPatient/1',
      'subject=http:%2F%2Fupstream.example:8090%2Ffhir%2FPatient/1',
    ],
    ['several values', `s=${gw}/P/1,${gw}/P/2%2C${gw}/P/3`, `s=${up}/P/1,${up}/P/2%2C${up}/P/3`],
    ['several parameters', `a=${gw}&b:not=${gw}/P/1&c`, `a=${up}&b:not=${up}/P/1&c`],
    ['encoded letters', `s=https://gw.ex%61mple/api/fhir/P/1`, `s=${up}/P/1`],
  ])('with a %s value is mapped in the same style', (_name, query, expected) => {
    expect(map.inwardQuery(query)).toBe(expected);
  });

  it('is mapped for a host that has to be encoded', () => {
    const v6 = createUrlMap({
      gatewayBase: 'http://[::1]:8080/fhir',
      upstreamBase: 'http://[2001:db8::2]:8090/fhir',
      upstreamAliases: [],
    });
    const query = `s=${encoded('http://[::1]:8080/fhir/P/1')}`;
    const mapped = `s=${encoded('http://[2001:db8::2]:8090/fhir/P/1')}`;
    expect(v6.inwardQuery(query)).toBe(mapped);
    expect(v6.inwardQuery('s=http://[::1]:8080/fhir/P/1')).toBe(
      's=http://[2001:db8::2]:8090/fhir/P/1',
    );
  });

  it.each([
    ['a look-alike path', `s=${gw}2/P/1`],
    ['another host', 's=https://gw.example.evil/api/fhir/P/1'],
    ['a user', 's=https://u@gw.example/api/fhir/P/1'],
    ['an equals sign that is part of a name', `a%3D${gw}/x`],
    ['a name, not a value', `${gw}/x=1`],
    ['the middle of a value', `q=see ${gw}/P/1&r=x${gw}`],
    ['relative', 'subject=Patient/1&_count=5&x=a|b&y=http%3A%2F%2Fsystem|1'],
    ['a bad escape', 'x=%zz%2&y=%'],
    ['empty', ''],
  ])('with %s stays byte for byte', (_name, query) => {
    expect(map.inwardQuery(query)).toBe(query);
  });

  it('never throws and never touches a query without the host', () => {
    fc.assert(
      fc.property(fc.string(), (it) => {
        expect(map.inwardQuery(it)).toBe(it);
      }),
    );
  });
});

describe('a form body', () => {
  it('is mapped like a query', () => {
    const bytes = text(`subject=${encodeURIComponent(`${gw}/Patient/1`)}&name=J%C3%BCrgen`);
    expect(read(map.inwardForm(bytes))).toBe(
      `subject=${encodeURIComponent(`${up}/Patient/1`)}&name=J%C3%BCrgen`,
    );
  });

  it('comes back as the same array when nothing is to be mapped', () => {
    const bytes = text('name=x&url=https://other.example');
    expect(map.inwardForm(bytes)).toBe(bytes);
  });
});
