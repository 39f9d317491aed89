import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody } from '../../../gateway/answer/decode.ts';

const limit = 1024 * 1024;
const plain = Buffer.from('{"resourceType":"Patient"}');

describe('a body in one gzip member', () => {
  it('is decoded, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const decoded = await decodeBody(gzipSync(bytes), 'gzip', limit);
        expect(decoded).toEqual({ kind: 'decoded', bytes: Buffer.from(bytes), wasCoded: true });
      }),
    );
  });

  it('is decoded off the request thread when it is large', async () => {
    const bytes = Buffer.from(
      Array.from({ length: 300_000 }, () => Math.floor(Math.random() * 256)),
    );
    const decoded = await decodeBody(gzipSync(bytes), 'GZIP', limit);
    expect(decoded).toEqual({ kind: 'decoded', bytes, wasCoded: true });
  });

  it('is decoded when its header has a file name, a comment and extra fields', async () => {
    const member = gzipSync(plain);
    const named = Buffer.concat([
      member.subarray(0, 3),
      Buffer.from([4 + 8 + 16]),
      member.subarray(4, 10),
      Buffer.from([3, 0, 9, 9, 9]),
      Buffer.from('name\0comment\0'),
      member.subarray(10),
    ]);
    expect(await decodeBody(named, 'gzip', limit)).toMatchObject({ kind: 'decoded' });
  });
});

describe('a coded body that clients could read differently', () => {
  const refused = { kind: 'refused', reason: 'answer-encoding' };
  const member = gzipSync(plain);
  const flipped = Buffer.from(member);
  flipped.writeUInt8(255 - flipped.readUInt8(flipped.length - 6), flipped.length - 6);
  it.each([
    ['a second member', Buffer.concat([member, gzipSync(Buffer.from('more'))])],
    ['a second member behind zeros', Buffer.concat([member, Buffer.alloc(4), member])],
    ['trailing bytes', Buffer.concat([member, Buffer.from('x')])],
    ['a wrong checksum', flipped],
    ['a cut end', member.subarray(0, member.length - 3)],
    ['only a header', member.subarray(0, 10)],
    ['no gzip at all', plain],
    [
      'reserved flags',
      Buffer.concat([member.subarray(0, 3), Buffer.from([0xe0]), member.subarray(4)]),
    ],
  ])('is refused: %s', async (_name, bytes) => {
    expect(await decodeBody(bytes, 'gzip', limit)).toEqual(refused);
  });

  it.each([
    ['br', brotliCompressSync(plain)],
    ['deflate', deflateSync(plain)],
    ['gzip, gzip', gzipSync(member)],
    ['unknown', plain],
  ])('is refused: coding %s', async (coding, bytes) => {
    expect(await decodeBody(bytes, coding, limit)).toEqual(refused);
  });

  it('is refused as too costly when it grows beyond the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(2 * limit));
    expect(await decodeBody(bomb, 'gzip', limit)).toEqual({
      kind: 'refused',
      reason: 'too-costly',
    });
  });
});

describe('a body without a coding', () => {
  it.each([undefined, '', 'identity'])('passes as it is (%s)', async (coding) => {
    const decoded = await decodeBody(plain, coding, limit);
    expect(decoded).toEqual({ kind: 'decoded', bytes: plain, wasCoded: false });
  });
});
