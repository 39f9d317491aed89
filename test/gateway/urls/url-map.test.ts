import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUrlMap } from '../../../gateway/urls/index.ts';
import { gw, json, plantedBody, read, text, traps, up, urlMap } from './support.ts';

const map = urlMap();

function outward(value: unknown): unknown {
  return JSON.parse(read(map.outwardBody(json(value)).bytes));
}

describe('the laws of rewriting', () => {
  it('changes exactly the bases in listed positions and no other byte', () => {
    fc.assert(
      fc.property(plantedBody, ({ before, after }) => {
        const result = map.outwardBody(text(before));
        expect(read(result.bytes)).toBe(after);
        expect(result.flags.malformed).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('is undone by its inverse', () => {
    fc.assert(
      fc.property(plantedBody, ({ before }) => {
        const bytes = text(before);
        expect(read(map.inwardBody(map.outwardBody(bytes).bytes).bytes)).toBe(before);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives back the same array when nothing changes', () => {
    fc.assert(
      fc.property(plantedBody, ({ before, after }) => {
        const bytes = new Uint8Array(text(before));
        const result = map.outwardBody(bytes);
        expect(result.bytes === bytes).toBe(before === after);
        expect(result.edits === 0).toBe(before === after);
      }),
    );
  });

  it('never throws, whatever the bytes, and leaves what is not JSON as it is', () => {
    const mutated = fc
      .tuple(plantedBody, fc.nat(), fc.nat(255), fc.boolean())
      .map(([{ before }, where, byte, isCut]) => {
        const bytes = text(before);
        const at = where % bytes.length;
        if (isCut) return bytes.subarray(0, at);
        bytes[at] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.uint8Array().map((it) => Buffer.from(it)),
        ),
        (bytes) => {
          const { malformed } = map.inspectBody(bytes);
          const result = map.outwardBody(bytes);
          if (malformed) {
            expect(result.bytes).toBe(bytes);
            expect(() => JSON.parse(bytes.toString()) as unknown).toThrow();
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('takes every JSON text', () => {
    fc.assert(
      fc.property(fc.json({ depthSize: 'large' }), (it) => {
        expect(map.inspectBody(text(it)).malformed).toBe(false);
      }),
    );
  });
});

describe('the positions that are rewritten', () => {
  it.each([
    ['Bundle.link.url', { link: [{ relation: 'next', url: '§?_getpages=1' }] }],
    ['Bundle.entry.fullUrl', { entry: [{ fullUrl: '§/Patient/1' }] }],
    ['Bundle.entry.link.url', { entry: [{ link: [{ url: '§/Patient/1' }] }] }],
    ['Bundle.entry.response.location', { entry: [{ response: { location: '§/Patient/1' } }] }],
    ['Bundle.entry.request.url', { entry: [{ request: { method: 'GET', url: '§/Patient/1' } }] }],
    ['a reference', { subject: { reference: '§/Patient/1' } }],
    ['a reference in an extension', { extension: [{ valueReference: { reference: '§/P/1' } }] }],
    ['a photo', { photo: [{ url: '§/Binary/1' }] }],
    ['a document', { content: [{ attachment: { url: '§/Binary/1' } }] }],
    ['a media content', { content: { url: '§/Binary/1' } }],
    ['an attachment in an answer', { answer: [{ valueAttachment: { url: '§/Binary/1' } }] }],
    ['a parameter of type url', { parameter: [{ name: 'x', valueUrl: '§/Binary/1' }] }],
    ['CapabilityStatement.implementation.url', { implementation: { url: '§' } }],
    ['Endpoint.address', { resourceType: 'Endpoint', address: '§' }],
    ['the request of a manifest', { request: '§/$export' }],
    ['an output of a manifest', { output: [{ type: 'Patient', url: '§/files/1.ndjson' }] }],
    ['a deletion of a manifest', { deleted: [{ url: '§/files/2.ndjson' }] }],
    ['an error of a manifest', { error: [{ url: '§/files/3.ndjson' }] }],
    ['a contained resource', { contained: [{ author: [{ reference: '§/Practitioner/1' }] }] }],
  ])('%s', (_name, value) => {
    const template = JSON.stringify(value);
    const result = map.outwardBody(text(template.replaceAll('§', up)));
    expect(read(result.bytes)).toBe(template.replaceAll('§', gw));
    expect(result.edits).toBe(1);
  });

  it('and their inverse maps a condition inside a request entry', () => {
    const value = {
      entry: [
        {
          request: {
            method: 'POST',
            url: `Observation?subject=${gw}/Patient/1`,
            ifNoneExist: `subject=${encodeURIComponent(`${gw}/Patient/1`)}`,
          },
          resource: { subject: { reference: `Patient?organization=${gw}/Organization/1` } },
        },
      ],
    };
    const result = map.inwardBody(json(value));
    const expected = JSON.stringify(value)
      .replaceAll(gw, up)
      .replaceAll(encodeURIComponent(gw), encodeURIComponent(up));
    expect(read(result.bytes)).toBe(expected);
    expect(result.edits).toBe(3);
  });
});

describe('the positions that are left alone', () => {
  it.each([
    ['narrative', { text: { div: `<a href="${up}/Patient/1">` } }],
    ['attachment data', { photo: [{ data: `${up}/Binary/1` }] }],
    ['the url of a conformance resource', { resourceType: 'ValueSet', url: `${up}/ValueSet/1` }],
    ['the url of one in a Bundle', { entry: [{ resource: { url: `${up}/ValueSet/1` } }] }],
    ['the url of a contained one', { contained: [{ url: `${up}/ValueSet/1` }] }],
    ['Extension.url', { extension: [{ url: `${up}/StructureDefinition/1` }] }],
    ['modifierExtension.url', { modifierExtension: [{ url: `${up}/StructureDefinition/1` }] }],
    ['identifier.system', { identifier: [{ system: `${up}/ids`, value: `${up}/Patient/1` }] }],
    ['meta.profile', { meta: { profile: [`${up}/StructureDefinition/1`] } }],
    ['instantiatesCanonical', { instantiatesCanonical: [`${up}/PlanDefinition/1`] }],
    ['valueUri and valueCanonical', { extension: [{ valueUri: up, valueCanonical: up }] }],
    ['an extension of an attachment', { photo: [{ extension: [{ url: `${up}/x` }] }] }],
    ['a network address', { agent: [{ network: { address: up } }] }],
    ['a list where one string belongs', { reference: [`${up}/Patient/1`] }],
    ['a string that quotes JSON', { note: [{ text: `{"fullUrl":"${up}/Patient/1"}` }] }],
    ['a value outside a patch', { value: `${up}/Patient/1`, path: '/subject/reference' }],
  ])('%s', (_name, value) => {
    const bytes = json(value);
    expect(map.outwardBody(bytes).bytes).toBe(bytes);
  });

  it.each(traps.map((trap) => [trap]))('a look-alike: %s', (trap) => {
    const bytes = json({ fullUrl: trap, reference: trap, link: [{ url: trap }], x: up });
    expect(map.outwardBody(bytes).bytes).toBe(bytes);
  });
});

describe('other spellings of the base', () => {
  it('are recognised: upper case, escapes, a doubled port', () => {
    for (const spelled of [
      'HTTP://Upstream.EXAMPLE:8090/fhir/Patient/1',
      'http://upstream.example:8090:8090/fhir/Patient/1',
      'http:\\/\\/upstream.example:8090\\u002ffhir/Patient/1',
      '\\u0068ttp://upstream.example:8090/fhi\\u0072/Patient/1',
    ])
      expect(JSON.parse(read(map.outwardBody(text(`{"fullUrl":"${spelled}"}`)).bytes))).toEqual({
        fullUrl: `${gw}/Patient/1`,
      });
  });

  it('do not make the path case-insensitive', () => {
    const bytes = json({ fullUrl: up.replace('/fhir', '/FHIR') });
    expect(map.outwardBody(bytes).bytes).toBe(bytes);
  });

  it('of an alias are rewritten, its default port written or not', () => {
    const aliased = urlMap(['https://Internal.example/fhir/']);
    for (const alias of [
      'https://internal.example/fhir',
      'https://internal.example:443/fhir',
      'https://internal.example:443:443/fhir',
    ])
      expect(read(aliased.outwardBody(json({ fullUrl: `${alias}/Patient/1` })).bytes)).toBe(
        `{"fullUrl":"${gw}/Patient/1"}`,
      );
    const otherScheme = json({ fullUrl: 'http://internal.example/fhir/Patient/1' });
    expect(aliased.outwardBody(otherScheme).bytes).toBe(otherScheme);
  });

  it('of the longest alias wins', () => {
    const nested = createUrlMap({
      gatewayBase: gw,
      upstreamBase: 'http://h/fhir',
      upstreamAliases: ['http://h/fhir/tenant'],
    });
    expect(
      read(nested.outwardBody(json({ reference: 'http://h/fhir/tenant/Patient/1' })).bytes),
    ).toBe(`{"reference":"${gw}/Patient/1"}`);
  });

  it('keep escaped slashes, so that the inverse restores the bytes', () => {
    const bytes = text(`{"fullUrl":"${`${up}/Patient/1`.replaceAll('/', '\\/')}"}`);
    const result = map.outwardBody(bytes);
    expect(read(result.bytes)).toBe(`{"fullUrl":"${`${gw}/Patient/1`.replaceAll('/', '\\/')}"}`);
    expect(read(map.inwardBody(result.bytes).bytes)).toBe(read(bytes));
  });

  it('in keys: an escaped key is the key', () => {
    const bytes = text(`{"full\\u0055rl":"${up}/Patient/1"}`);
    expect(map.outwardBody(bytes).edits).toBe(1);
  });

  it('of a base at the root of its host', () => {
    const root = createUrlMap({
      gatewayBase: gw,
      upstreamBase: 'https://ehr.example/',
      upstreamAliases: [],
    });
    const value = json({
      fullUrl: 'https://ehr.example/Patient/1',
      link: [{ url: 'https://ehr.example?x=1' }],
    });
    const result = root.outwardBody(value);
    expect(read(result.bytes)).toBe(`{"fullUrl":"${gw}/Patient/1","link":[{"url":"${gw}?x=1"}]}`);
    const evil = json({
      fullUrl: 'https://ehr.example@evil.example/',
      reference: 'https://ehr.example.evil',
    });
    expect(root.outwardBody(evil).bytes).toBe(evil);
  });

  it('are all left alone when both bases are the same', () => {
    const still = createUrlMap({ gatewayBase: up, upstreamBase: up, upstreamAliases: [] });
    const bytes = json({ fullUrl: `${up}/Patient/1` });
    expect(still.outwardBody(bytes).bytes).toBe(bytes);
  });
});

describe('the query of a followed URL', () => {
  it('ends where the fragment starts', () => {
    const result = map.outwardBody(json({ link: [{ url: `${up}?a=1#&b=${up}/x` }] }));
    expect(read(result.bytes)).toBe(`{"link":[{"url":"${gw}?a=1#&b=${up}/x"}]}`);
  });

  it('is mapped with its JSON escapes', () => {
    const bytes = text(`{"link":[{"url":"?a=1\\u0026subject\\u003d${up}/Patient/1"}]}`);
    expect(read(map.outwardBody(bytes).bytes)).toBe(
      `{"link":[{"url":"?a=1\\u0026subject\\u003d${gw}/Patient/1"}]}`,
    );
  });
});

describe('a signed Bundle', () => {
  const inner = {
    resourceType: 'Bundle',
    type: 'document',
    entry: [
      { fullUrl: `${up}/Composition/1`, resource: { subject: { reference: `${up}/Patient/1` } } },
    ],
  };
  const signature = { type: [], data: 'AAAA' };

  it('is left as it is, the signature before or after the entries, and flagged', () => {
    for (const value of [
      { ...inner, signature },
      { signature, ...inner },
      { signature, entry: inner.entry, resourceType: 'Bundle' },
    ]) {
      const bytes = json(value);
      const result = map.outwardBody(bytes);
      expect(result.bytes).toBe(bytes);
      expect(result.flags.signedBundle).toBe(true);
    }
  });

  it('inside another Bundle is left as it is, what is around it is not', () => {
    const result = map.outwardBody(
      json({
        resourceType: 'Bundle',
        entry: [
          { fullUrl: `${up}/Bundle/1`, resource: { ...inner, signature } },
          { fullUrl: `${up}/Patient/2` },
        ],
      }),
    );
    expect(JSON.parse(read(result.bytes))).toEqual({
      resourceType: 'Bundle',
      entry: [
        { fullUrl: `${gw}/Bundle/1`, resource: { ...inner, signature } },
        { fullUrl: `${gw}/Patient/2` },
      ],
    });
    expect(result.flags.signedBundle).toBe(true);
  });

  it('is told from one without a signature, and from a signed resource that is no Bundle', () => {
    const plain = map.outwardBody(json(inner));
    expect(plain.flags.signedBundle).toBe(false);
    expect(plain.edits).toBe(2);
    const provenance = map.outwardBody(
      json({
        resourceType: 'Provenance',
        target: [{ reference: `${up}/Patient/1` }],
        signature: [signature],
      }),
    );
    expect(provenance.flags.signedBundle).toBe(false);
    expect(provenance.edits).toBe(1);
  });
});

describe('duplicate keys', () => {
  it.each([
    ['{"id":"1","id":"2"}'],
    ['{"id":"1","\\u0069d":"2"}'],
    ['{"entry":[{"resource":{"subject":{},"a":{"subject":1},"subject":{}}}]}'],
    ['{"reference":"a","x":[1,{"reference":"b"}],"reference":"c"}'],
    ['{"resourceType":"Patient","resourceType":"Bundle"}'],
  ])('are flagged: %s', (body) => {
    expect(map.inspectBody(text(body)).duplicateKeys).toBe(true);
  });

  it.each([
    ['{"id":"1","\\u0069e":"2"}'],
    ['[{"id":"1"},{"id":"2"}]'],
    ['{"id":"1","x":{"id":"2"},"y":[{"id":"3"},{"id":"4"}]}'],
    ['{"x":{"id":"2"},"id":"1"}'],
    ['{"id":"id","reference":"id"}'],
  ])('are not seen where there are none: %s', (body) => {
    expect(map.inspectBody(text(body)).duplicateKeys).toBe(false);
    // A scan leaves nothing behind for the next one.
    expect(map.inspectBody(text(body)).duplicateKeys).toBe(false);
  });
});

describe('the flags', () => {
  const nested = (depth: number): Buffer => text(`${'['.repeat(depth)}"${up}"${']'.repeat(depth)}`);

  it('tell a body that is nested too deep from one that is not', () => {
    expect(map.outwardBody(nested(129)).flags).toMatchObject({ tooDeep: true, malformed: false });
    expect(map.outwardBody(nested(128)).flags).toMatchObject({ tooDeep: false, malformed: false });
  });

  it('leave a body nested too deep as it is', () => {
    const deep = text(`{"fullUrl":"${up}/x","a":${'['.repeat(200)}${']'.repeat(200)}}`);
    expect(map.outwardBody(deep).bytes).toBe(deep);
  });

  it.each([
    [''],
    ['{'],
    ['{"fullUrl":"§/x"'],
    ['{"fullUrl":"§/x"}}'],
    ['{"fullUrl":"§/x"}{}'],
    ['{"fullUrl" "§/x"}'],
    ['{"fullUrl":"§/x",}'],
    ['{"fullUrl":"§/x"]'],
    ['["§/x",]'],
    ['["§/x",,1]'],
    ['[,"§/x"]'],
    ['["a" "§/x"]'],
    ['{"a":1,,"fullUrl":"§/x"}'],
    ['{,"fullUrl":"§/x"}'],
    ['{"a","fullUrl":"§/x"}'],
    ['{"a":,"fullUrl":"§/x"}'],
    ['{"a":1 2,"fullUrl":"§/x"}'],
    ['{"a":{}{},"fullUrl":"§/x"}'],
    ['{"fullUrl":"§/x'],
    ['{"fullUrl":"§/x\\"}'],
    ['{fullUrl:"§/x"}'],
    ['<a>§/x</a>'],
  ])('say malformed, and nothing is changed: %s', (body) => {
    const bytes = text(body.replaceAll('§', up));
    expect(map.inspectBody(bytes).malformed).toBe(true);
    expect(map.outwardBody(bytes).bytes).toBe(bytes);
  });

  it('say whether the body was scanned', () => {
    expect(map.outwardBody(json({ id: '1' })).flags.scanned).toBe(false);
    expect(map.outwardBody(json({ div: 'http://UPSTREAM.example' })).flags.scanned).toBe(true);
    expect(map.outwardBody(text('{"div":"\\u0075"}')).flags.scanned).toBe(true);
    expect(map.inspectBody(json({ id: '1' })).scanned).toBe(true);
  });
});

describe('a JSON Patch', () => {
  it('has its values mapped where its path leads to a followed position', () => {
    const patch = [
      { op: 'replace', path: '/subject/reference', value: `${gw}/Patient/1` },
      { value: `${gw}/Patient/2`, path: '/participant/0/individual/reference', op: 'add' },
      { op: 'add', path: '/photo/0', value: { url: `${gw}/Binary/1` } },
      { op: 'add', value: [{ url: `${gw}/Binary/2` }], path: '/photo' },
      { op: 'add', path: '/photo/0/url', value: `${gw}/Binary/3` },
      { op: 'add', path: '/subject', value: { reference: `${gw}/Patient/3` } },
    ];
    const result = map.inwardBody(json(patch));
    expect(read(result.bytes)).toBe(JSON.stringify(patch).replaceAll(gw, up));
    expect(result.edits).toBe(6);
  });

  it('keeps its values where the path leads elsewhere', () => {
    const bytes = json([
      { op: 'add', path: '/url', value: `${gw}/ValueSet/1` },
      { op: 'add', path: '/text/div', value: `${gw}/x` },
      { op: 'add', path: '/extension/0', value: { url: `${gw}/x` } },
      { op: 'add', value: `${gw}/x` },
    ]);
    expect(map.inwardBody(bytes).bytes).toBe(bytes);
  });
});

describe('a JSON Patch that says a thing twice', () => {
  it('is never torn: it stays JSON, and is flagged', () => {
    const op = `"value":"${gw}/P/1","value":{"reference":"${gw}/P/2"},"path":"/subject/reference"`;
    const result = map.inwardBody(text(`[{${op}}]`));
    expect(JSON.parse(read(result.bytes))).toEqual([
      { value: { reference: `${up}/P/2` }, path: '/subject/reference' },
    ]);
    expect(result.flags.duplicateKeys).toBe(true);
  });
});

describe('the public face of the map', () => {
  it('takes trailing slashes off the bases', () => {
    const it2 = createUrlMap({
      gatewayBase: `${gw}/`,
      upstreamBase: `${up}/`,
      upstreamAliases: [],
    });
    expect(read(it2.outwardBody(json({ fullUrl: `${up}/Patient/1` })).bytes)).toBe(
      `{"fullUrl":"${gw}/Patient/1"}`,
    );
  });

  it('refuses a base that is not an absolute http(s) URL', () => {
    for (const bad of [
      '/fhir',
      'ftp://h/fhir',
      'http://u:p@h/fhir',
      'http://u@h/fhir',
      'http://h/fhir?x=1',
      'http://h/#x',
    ])
      expect(() =>
        createUrlMap({ gatewayBase: gw, upstreamBase: bad, upstreamAliases: [] }),
      ).toThrow();
    expect(outward({ id: '1' })).toEqual({ id: '1' });
  });
});
