import { describe, expect, it } from 'vitest';
import { createCors } from '../../gateway/cors.ts';

const app = 'https://app.example.org';
const asObject = (list: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i] ?? '', list[2 * i + 1] ?? '']),
  );

describe('an allowed origin', () => {
  const cors = createCors([app]);

  it('may read answers and the headers that apps need', () => {
    const headers = asObject(cors.headers(app));
    expect(headers['Access-Control-Allow-Origin']).toBe(app);
    expect(headers['Vary']).toBe('Origin');
    expect(headers['Access-Control-Expose-Headers']).toContain('Location');
  });

  it('gets its preflight answered with the headers that it asked for', () => {
    const headers = asObject(
      cors.preflight({
        origin: app,
        requestedMethod: 'PUT',
        requestedHeaders: 'authorization, if-match',
      }) ?? [],
    );
    expect(headers['Access-Control-Allow-Headers']).toBe('authorization, if-match');
    expect(headers['Access-Control-Allow-Methods']).toContain('PUT');
  });

  it('cannot smuggle anything but names into the answer to a preflight', () => {
    const headers = asObject(
      cors.preflight({ origin: app, requestedMethod: 'PUT', requestedHeaders: 'a: b' }) ?? [],
    );
    expect(headers['Access-Control-Allow-Headers']).toBe('Authorization');
  });
});

describe('another origin', () => {
  it.each([[[app]], [[]]])('gets nothing (%j allowed)', (allowed: string[]) => {
    const cors = createCors(allowed);
    expect(asObject(cors.headers('https://evil.example'))).not.toHaveProperty(
      'Access-Control-Allow-Origin',
    );
    const request = {
      origin: 'https://evil.example',
      requestedMethod: 'GET',
      requestedHeaders: undefined,
    };
    expect(cors.preflight(request)).toBeUndefined();
  });

  it('is let in by the asterisk, without a credential ever being allowed', () => {
    const headers = asObject(createCors(['*']).headers('https://any.example'));
    expect(headers['Access-Control-Allow-Origin']).toBe('*');
    expect(headers).not.toHaveProperty('Access-Control-Allow-Credentials');
  });
});
