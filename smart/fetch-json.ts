/**
 * Fetches one JSON document from an issuer, under the rules for URLs that we did not choose alone:
 * https (http on loopback only), no redirects, bounded time and size.
 *
 * Spec: RFC 8725 section 3.10, OpenID Connect Discovery 1.0 section 4.
 */
import { isIP } from 'node:net';

/** Longest document taken, in bytes after decompression. */
export const maxDocumentBytes = 1024 * 1024;

/** A fetched document, or one sentence (without content of the other side) on why there is none. */
export type FetchedJson =
  | { readonly kind: 'fetched'; readonly json: unknown; readonly maxAgeMs: number | undefined }
  | { readonly kind: 'failed'; readonly reason: string };

/** True when the URL's host is this machine by name: `localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopbackUrl(url: URL): boolean {
  const { hostname } = url;
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

/** True when an issuer's document may be fetched from the URL: https, or http on loopback. */
export function isFetchableUrl(url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackUrl(url));
}

/**
 * Fetches and parses one document.
 *
 * @param url From the configuration, or from an issuer's own discovery document.
 * @param timeoutMs For the whole of it, body included.
 * @returns Never rejects: whatever goes wrong is `failed`.
 */
export async function fetchJson(url: URL, timeoutMs: number): Promise<FetchedJson> {
  if (!isFetchableUrl(url)) {
    return { kind: 'failed', reason: 'its URL is not https (http is for loopback only)' };
  }
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: 'application/json' },
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { kind: 'failed', reason: `it answered with status ${String(response.status)}` };
    }
    const text = await readBounded(response);
    if (text === undefined) return { kind: 'failed', reason: 'its answer is larger than 1 MB' };
    const maxAgeMs = readMaxAgeMs(response.headers.get('cache-control'));
    return { kind: 'fetched', json: JSON.parse(text) as unknown, maxAgeMs };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'failed', reason: 'its answer is not JSON' };
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    return { kind: 'failed', reason: isTimeout ? 'it did not answer in time' : 'no connection' };
  }
}

async function readBounded(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (body === null) return '';
  for await (const chunk of body) {
    bytes += chunk.length;
    // Leaving the loop cancels the body, so nothing more of it is read.
    if (bytes > maxDocumentBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readMaxAgeMs(cacheControl: string | null): number | undefined {
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
