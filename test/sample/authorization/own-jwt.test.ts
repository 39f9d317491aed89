/** Which JWTs count as access tokens of this server. */
import { generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOwnJwts, type OwnJwts } from '../../../sample/authorization/own-jwt.ts';

let ours: OwnJwts;
let key: CryptoKey;
let otherKey: CryptoKey;
beforeAll(async () => {
  const pair = await generateKeyPair('RS256');
  ours = createOwnJwts(pair.publicKey);
  key = pair.privateKey;
  otherKey = (await generateKeyPair('RS256')).privateKey;
});

async function sign(typ: string, claims: Record<string, unknown>, by = key): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ }).sign(by);
}

describe('a JWT', () => {
  it('is ours when we signed it as an access token', async () => {
    const found = await ours.storeKeyIn(await sign('at+jwt', { jti: 'one' }));
    expect(found).toBe(ours.storeKeyOf('one'));
    expect(ours.jtiOf(found ?? '')).toBe('one');
  });

  it('is not ours when it is of another type, without jti, signed by another key, or not at all', async () => {
    for (const token of [
      await sign('JWT', { jti: 'one' }),
      await sign('at+jwt', {}),
      await sign('at+jwt', { jti: 1 }),
      await sign('at+jwt', { jti: 'one' }, otherKey),
      new UnsecuredJWT({ jti: 'one' }).encode(),
      'one',
      '',
    ]) {
      expect(await ours.storeKeyIn(token)).toBeUndefined();
    }
  });

  it('is kept under a name that another server cannot guess', async () => {
    const { publicKey } = await generateKeyPair('RS256');
    const others = createOwnJwts(publicKey);
    expect(others.storeKeyOf('one')).not.toBe(ours.storeKeyOf('one'));
    expect(others.jtiOf(ours.storeKeyOf('one'))).toBeUndefined();
  });
});
