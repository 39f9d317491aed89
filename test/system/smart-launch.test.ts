/** The EHR launch relay over real sockets (T19). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detailOf } from '../support/face-under-test.ts';
import { handleDigest, startSmartFace, type SmartTestFace } from '../support/smart-face.ts';

let face: SmartTestFace;

beforeAll(async () => {
  face = await startSmartFace({
    smart: { launches: [{ name: 'vitals', launchUrl: 'https://app.example.org/launch.html' }] },
    gateway: { trustedProxies: ['127.0.0.1'] },
  });
});

afterAll(async () => {
  await face.stop();
});

const launch = (query: string): string => `GET /fhir/launch/vitals?${query}`;
const iss = (): string => `iss=${encodeURIComponent(face.upstream.base)}`;

describe('a launch by the EHR', () => {
  it('goes on to the configured app with the gateway as iss and the handle as it was', async () => {
    const answer = await face.send(launch(`${iss()}&launch=SECRET%2B+x&theme=a%2Fb`), [
      'X-Forwarded-Host: evil.example',
    ]);
    expect(answer.status).toBe(302);
    expect(answer.headers['location']).toBe(
      `https://app.example.org/launch.html?iss=${encodeURIComponent(face.base)}&launch=SECRET%2B+x&theme=a%2Fb`,
    );
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
  });

  it('is on record, the handle as the digest that the authorization request has too', async () => {
    const answer = await face.send(launch(`${iss()}&launch=SECRET%2B+x`));
    const event = face.eventOf(answer);
    expect(event.subtype?.[0]?.code).toBe('launch-relayed');
    expect(detailOf(event, 'launch-app')).toBe('vitals');
    expect(detailOf(event, 'launch-issuer')).toBe(face.upstream.base);
    expect(detailOf(event, 'launch-digest')).toBe(handleDigest('launch', 'SECRET+ x'));
    expect(JSON.stringify(event)).not.toContain('SECRET');
    expect(face.gateway.logged.join()).not.toContain('SECRET');
  });
});

describe('a launch that is refused', () => {
  it.each<readonly [string, () => string, number, string]>([
    [
      'with another iss',
      () => launch('iss=https://evil.example&launch=SECRET'),
      400,
      'launch-refused',
    ],
    ['without iss', () => launch('launch=SECRET'), 400, 'launch-refused'],
    ['with two iss', () => launch(`${iss()}&${iss()}&launch=SECRET`), 400, 'launch-refused'],
    ['without a query', () => 'GET /fhir/launch/vitals', 400, 'launch-refused'],
    [
      'of an unknown app',
      () => `GET /fhir/launch/nobody?${iss()}&launch=SECRET`,
      404,
      'launch-unknown',
    ],
    ['by POST', () => `POST /fhir/launch/vitals?${iss()}&launch=SECRET`, 405, 'method-unknown'],
  ])('%s goes nowhere, and is on record', async (_, line, status, reason) => {
    const answer = await face.send(line());
    expect(answer.status).toBe(status);
    expect(answer.headers['location']).toBeUndefined();
    expect(JSON.parse(answer.body.toString())).toMatchObject({ resourceType: 'OperationOutcome' });
    const event = face.eventOf(answer);
    expect(detailOf(event, 'refusal-reason')).toBe(reason);
    expect(JSON.stringify(event)).not.toContain('SECRET');
    expect(face.upstream.seen).toEqual([]);
  });

  it('keeps the iss in the record, so that an attack can be seen', async () => {
    const answer = await face.send(launch('iss=https://evil.example/fhir&launch=SECRET'));
    expect(detailOf(face.eventOf(answer), 'request-line')).toBe(
      'GET /fhir/launch/vitals?iss=https://evil.example/fhir&launch=redacted',
    );
  });
});
