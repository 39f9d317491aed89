/**
 * The forms that values of the configuration can have. Each call gives a new schema; each message
 * is one sentence that says what to write.
 */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';

/** Where a listener binds. */
export interface HostPort {
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

type Read<T> = { readonly value: T } | { readonly sentence: string };

function text<T>(read: (value: string) => Read<T>, sentence: string): z.ZodType<T, string> {
  return z.string({ error: sentence }).transform((value, context): T => {
    const result = read(value);
    if ('value' in result) return result.value;
    context.issues.push({ code: 'custom', message: result.sentence, input: value });
    return z.NEVER;
  });
}

/** `host:port`, IPv6 in brackets. */
export function listenAddress(): z.ZodType<HostPort, string> {
  const sentence = 'Write host:port, such as "localhost:8080", "0.0.0.0:8443" or "[::1]:8080".';
  return text((value): Read<HostPort> => {
    const groups = /^(?:\[(?<ipv6>[^\]]+)\]|(?<host>[A-Za-z0-9._-]+)):(?<port>\d{1,5})$/.exec(
      value,
    )?.groups;
    const port = Number(groups?.['port']);
    const ipv6 = groups?.['ipv6'];
    const host = ipv6 ?? groups?.['host'];
    if (host === undefined || !(port <= 65_535)) return { sentence };
    if (ipv6 !== undefined && isIP(ipv6) !== 6) return { sentence };
    return { value: { host, port } };
  }, sentence);
}

/** An absolute http(s) base URL; a trailing slash is dropped. */
export function baseUrl(): z.ZodType<string, string> {
  const sentence = 'Write an absolute URL that begins with http:// or https://.';
  return text((value): Read<string> => {
    const url = parseHttpUrl(value);
    if (url === undefined) return { sentence };
    if (url.username !== '' || url.password !== '') {
      return { sentence: 'Remove the user name or password from the URL.' };
    }
    if (value.includes('?') || value.includes('#')) {
      return { sentence: 'Remove the query or fragment (from "?" or "#" on) from the URL.' };
    }
    return { value: url.href.replace(/\/+$/, '') };
  }, sentence);
}

/** An absolute http(s) URL, character by character, without user name and fragment. */
export function httpUrl(): z.ZodType<string, string> {
  const sentence =
    'Write an absolute URL that begins with http:// or https://, without user name and "#".';
  return text((value): Read<string> => {
    const url = parseHttpUrl(value);
    const isPlain = /^[\x21-\x7e]+$/.test(value) && !value.includes('#');
    if (url === undefined || !isPlain || url.username !== '' || url.password !== '') {
      return { sentence };
    }
    return { value };
  }, sentence);
}

/** Where keys are fetched: https, or http on loopback. */
export function keySetUrl(): z.ZodType<string, string> {
  const sentence = 'Write an https:// URL (http:// is for loopback only).';
  return text((value): Read<string> => {
    const url = parseHttpUrl(value);
    const isSafe = url !== undefined && (url.protocol === 'https:' || isLoopback(url.hostname));
    const hasUser = url !== undefined && (url.username !== '' || url.password !== '');
    return isSafe && !hasUser ? { value } : { sentence };
  }, sentence);
}

/** The `iss` of an issuer, kept character by character: a web address, or another URI. */
export function issuerName(): z.ZodType<string, string> {
  const sentence =
    'Write the exact "iss" of the tokens: an https:// URL (http:// on loopback only) or a URN.';
  return text((value): Read<string> => {
    const url = /^\S+$/.test(value) ? URL.parse(value) : null;
    if (url === null) return { sentence };
    const isPlain = url.protocol === 'http:' && !isLoopback(url.hostname);
    return isPlain ? { sentence } : { value };
  }, sentence);
}

/** A CORS origin, or `*`. */
export function corsOrigin(): z.ZodType<string, string> {
  const sentence = 'Write an origin such as "https://app.example.org" (no path), or "*".';
  return text((value): Read<string> => {
    if (value === '*') return { value };
    const url = parseHttpUrl(value);
    const isOrigin = url !== undefined && /^[^/]+\/\/[^/?#@]+$/.test(value);
    return isOrigin ? { value: url.origin } : { sentence };
  }, sentence);
}

/** A value of `Host`: a name or address with or without a port. */
export function hostName(): z.ZodType<string, string> {
  const sentence = 'Write a host as it stands in the Host header, such as "ehr.example.org:8443".';
  return text((value): Read<string> => {
    const isHost = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.test(value);
    return isHost ? { value: value.toLowerCase() } : { sentence };
  }, sentence);
}

/** An IP address or a CIDR range. */
export function ipRange(): z.ZodType<string, string> {
  const sentence =
    'Write an IP address or a CIDR range such as "10.0.0.0/8"; a number of hops is not accepted.';
  return text((value): Read<string> => {
    const [address = '', bits, ...rest] = value.split('/');
    const family = isIP(address);
    const isRange = bits === undefined || /^\d{1,3}$/.test(bits);
    const most = family === 4 ? 32 : 128;
    const isFitting = family !== 0 && isRange && Number(bits ?? 0) <= most && rest.length === 0;
    return isFitting ? { value } : { sentence };
  }, sentence);
}

/** Text that fits a pattern. */
export function patternText(pattern: RegExp, sentence: string): z.ZodType<string, string> {
  return text((value): Read<string> => (pattern.test(value) ? { value } : { sentence }), sentence);
}

/** A path; a relative one is resolved against `directory`. */
export function path(directory: string): z.ZodType<string, string> {
  const sentence = 'Write a path; a relative one is relative to this file.';
  return text((value): Read<string> => {
    const isPath = value !== '' && !value.includes('\0');
    return isPath ? { value: resolve(directory, value) } : { sentence };
  }, sentence);
}

const unitBytes: ReadonlyMap<string, number> = new Map([
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

/** A size: a number of bytes, or a whole number with KiB, MiB or GiB. At least 1 byte. */
export function byteSize(): z.ZodType<number, number | string> {
  const sentence = 'Write a number of bytes, or a size such as "16 KiB", "10 MiB" or "1 GiB".';
  return z.union([z.number(), z.string()], { error: sentence }).transform((value, context) => {
    const groups = /^(?<count>\d{1,12}) ?(?<unit>KiB|MiB|GiB)$/.exec(String(value))?.groups;
    const unit = unitBytes.get(groups?.['unit'] ?? '');
    const bytes = unit === undefined ? value : Number(groups?.['count']) * unit;
    if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
    context.issues.push({ code: 'custom', message: sentence, input: value });
    return z.NEVER;
  });
}

/** A whole number from `least` to the largest delay that timers can hold (24.8 days). */
export function wholeNumber(least: number): z.ZodType<number, number> {
  const most = 2 ** 31 - 1;
  const sentence = `Write a whole number from ${String(least)} to ${String(most)}.`;
  return z
    .number({ error: sentence })
    .refine((value) => Number.isSafeInteger(value) && value >= least && value <= most, {
      error: sentence,
    });
}

/** True for the names of this machine: `localhost`, 127.0.0.0/8, `::1` (with or without brackets). */
export function isLoopback(host: string): boolean {
  if (/^(?:localhost|\[?::1\]?)$/i.test(host)) return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

function parseHttpUrl(value: string): URL | undefined {
  const url = /^https?:\/\/[^\s\\]+$/i.test(value) ? URL.parse(value) : null;
  return url ?? undefined;
}
