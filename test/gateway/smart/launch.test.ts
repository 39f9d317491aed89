/** Which launches are relayed, where to, and with what. */
import { describe, expect, it } from 'vitest';
import { createReadLaunch } from '../../../gateway/smart/launch.ts';

const read = createReadLaunch({
  apps: [
    { name: 'vitals', launchUrl: 'https://app.example.org/launch.html' },
    { name: 'other', launchUrl: 'https://other.example.org/?tenant=1' },
  ],
  gatewayBase: 'https://gw.example.org/fhir',
  upstreamBases: ['https://ehr.example.org/api/R4', 'http://internal:8080/R4'],
  handleDigest: (kind) => `digest of a ${kind}`,
});
const iss = `iss=${encodeURIComponent('https://ehr.example.org/api/R4')}`;
const gateway = `iss=${encodeURIComponent('https://gw.example.org/fhir')}`;

describe('a launch', () => {
  it.each([
    [`${iss}&launch=a%2Bb+c`, `${gateway}&launch=a%2Bb+c`],
    ['iss=https://EHR.example.org:443/api/R4/&launch=x', `${gateway}&launch=x`],
    ['launch=x&iss=http://internal:8080/R4&a=1&a=%zz', `launch=x&${gateway}&a=1&a=%zz`],
  ])('with %s goes on with %s', (query, wanted) => {
    const launch = read('vitals', query);
    expect(launch).toMatchObject({
      kind: 'relayed',
      location: `https://app.example.org/launch.html?${wanted}`,
      seen: { app: 'vitals', launchDigest: 'digest of a launch' },
    });
  });

  it('keeps the query that the launch URL has', () => {
    expect(read('other', `${iss}&launch=x`)).toMatchObject({
      location: `https://other.example.org/?tenant=1&${gateway}&launch=x`,
    });
  });
});

describe('no launch', () => {
  it.each([
    ['without iss', 'launch=x'],
    ['with two iss', `${iss}&${iss}&launch=x`],
    ['with a second iss of another spelling', `${iss}&%69ss=https://evil.example&launch=x`],
    ['with an iss that is not the EHR', 'iss=https://evil.example/api/R4&launch=x'],
    ['with the gateway as iss', `${gateway}&launch=x`],
    ['with an iss below the base', `${iss}%2Fx&launch=x`],
    ['without a handle', iss],
    ['with an empty handle', `${iss}&launch=`],
    ['with two handles', `${iss}&launch=x&launch=y`],
  ])('is relayed %s', (_, query) => {
    expect(read('vitals', query)).toEqual({ kind: 'refused', reason: 'launch-refused' });
  });

  it.each(['', 'Vitals', 'nobody', 'constructor', '__proto__'])(
    'is relayed to the unknown app %j',
    (name) => {
      expect(read(name, `${iss}&launch=x`)).toEqual({ kind: 'refused', reason: 'launch-unknown' });
    },
  );
});
