/**
 * A quick look whether a base can be in a body at all, so that bodies without one are not scanned.
 * May say yes for nothing, never no for something.
 */
import type { Base } from './base.ts';

/** True when the bytes may hold one of the hosts. */
export type Presence = (bytes: Buffer) => boolean;

/** Makes the check for several bases. */
export function createPresence(bases: readonly Base[]): Presence {
  const hosts = [...new Set(bases.map((base) => base.hostname))];
  if (hosts.length === 0) return () => false;
  const anyHost = new RegExp(
    hosts.map((host) => host.replace(/[^a-z0-9]/gi, '\\$&')).join('|'),
    'i',
  );
  // Most bodies spell it as it is configured. Else an escape can spell any letter of a host.
  return (bytes) =>
    hosts.some((host) => bytes.includes(host, 0, 'latin1')) ||
    bytes.includes('\\u') ||
    anyHost.test(bytes.toString('latin1'));
}
