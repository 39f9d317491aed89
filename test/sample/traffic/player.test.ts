/** How the clinic day sends its requests: in order, insisting, and silent about tokens. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playClinicDay } from '../../../sample/index.ts';
import { createPlayer } from '../../../sample/traffic/player.ts';

const seen: string[] = [];
const server = http.createServer((request, response) => {
  seen.push(
    `${String(request.method)} ${String(request.url)} ${String(request.headers.authorization)}`,
  );
  const url = String(request.url);
  const body = url.includes('page=2')
    ? { entry: [{ resource: { id: 'c' } }] }
    : {
        link: [{ relation: 'next', url: `${base}/Observation?page=2` }],
        entry: [{ resource: { id: 'a' } }, {}, { resource: { id: 'b' } }],
      };
  response.writeHead(url.includes('Patient') ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});
let base = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/fhir`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const session = { label: 'Ana', token: 'secret-token', app: 'Vitals/1.0' };

describe('the player of the clinic day', () => {
  it('follows the pages to the end, with the token of the session', async () => {
    const player = createPlayer(base);
    seen.length = 0;
    const found = await player.pages(session, 'Observation?patient=zoe');
    expect(found.map((resource) => resource.id)).toEqual(['a', 'b', 'c']);
    expect(seen).toEqual([
      'GET /fhir/Observation?patient=zoe Bearer secret-token',
      'GET /fhir/Observation?page=2 Bearer secret-token',
    ]);
    expect(player.count).toBe(2);
  });

  it('stops at an answer that the day does not expect, and tells no token and no query', async () => {
    const failing = createPlayer(base).call({ session, path: 'Patient?name=Zoe', expect: 200 });
    const message = await failing.then(
      () => 'nothing',
      (error: unknown) => String(error),
    );
    expect(message).toContain('expected 200 for Ana: GET Patient?…, and got 404');
    expect(message).not.toMatch(/secret|Zoe/);
    await createPlayer(base).call({ session, path: 'Patient?name=Zoe', expect: 404 });
  });

  it('plays no further scene after that', async () => {
    const told: string[] = [];
    const day = playClinicDay({
      baseUrl: base,
      ehr: {
        fhirBaseUrl: base,
        registerLaunch: () => 'h',
        issueToken: () => Promise.resolve('secret-token'),
      },
      redirectUris: {},
      tell: (title) => told.push(title),
      wait: () => Promise.resolve(),
    });
    await expect(day).rejects.toThrow('The launch of vitals got 200');
    expect(told).toHaveLength(1);
  });
});
