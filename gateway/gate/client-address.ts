/**
 * The client's address: the TCP peer, or what a trusted proxy said of it. Part of receive.
 *
 * Only what a trusted proxy has written is believed: the chain is walked from our side to the first
 * hop that is not trusted. When that cannot be read, or two chains contradict each other, the peer
 * stands; the raw chain is kept beside it.
 *
 * Spec: RFC 7239 sections 4 to 7.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { splitOutsideQuotes } from './media-type.ts';
import type { ClientAddress, RequestHeaders, TrustedProxies } from './types.ts';

/** A record keeps no more than this of a chain, in characters. */
const maxChainLength = 2048;

/**
 * Makes the set of trusted proxies.
 *
 * @param entries Addresses (`10.0.0.1`, `::1`) and ranges (`10.0.0.0/8`).
 * @throws A plain Error for an entry that is neither: configuration has been checked before.
 */
export function trustedProxies(entries: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix, ...rest] = entry.split('/');
    const version = isIP(address);
    const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
    const isRange = prefix === undefined || /^\d{1,3}$/.test(prefix);
    if (version === 0 || rest.length > 0 || !isRange || bits > (version === 4 ? 32 : 128))
      throw new Error('a trusted proxy must be an address or a CIDR range');
    list.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
  }
  return {
    trusts: (address) => {
      const plain = plainAddress(address);
      return isIP(plain) !== 0 && list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
    },
  };
}

/**
 * Who the client is.
 *
 * @param peer `socket.remoteAddress`; undefined when the socket has gone (address is then empty).
 * @param headers Untrusted, unless the peer is trusted.
 */
export function clientAddress(
  peer: string | undefined,
  headers: Pick<RequestHeaders, 'xForwardedFor' | 'forwarded'>,
  trusted: TrustedProxies,
): ClientAddress {
  const address = plainAddress(peer ?? '');
  const chains = [headers.xForwardedFor, headers.forwarded].filter((chain) => chain.length > 0);
  if (chains.length === 0 || !trusted.trusts(address)) return { address };
  const forwardedChain = chains
    .map((chain) => chain.join(', '))
    .join(' | ')
    .slice(0, maxChainLength);
  const answers = [
    ...(headers.xForwardedFor.length > 0 ? [walk(xForwardedHops(headers), trusted)] : []),
    ...(headers.forwarded.length > 0 ? [walk(forwardedHops(headers), trusted)] : []),
  ];
  const [first] = answers;
  const isClear = first !== undefined && answers.every((answer) => answer === first);
  return { address: isClear ? first : address, forwardedChain };
}

/** The first untrusted hop from the right; undefined when a hop on the way cannot be read. */
function walk(hops: readonly string[], trusted: TrustedProxies): string | undefined {
  let last: string | undefined;
  for (const hop of hops.toReversed()) {
    last = addressOf(hop);
    if (last === undefined || !trusted.trusts(last)) return last;
  }
  return last;
}

function xForwardedHops(headers: Pick<RequestHeaders, 'xForwardedFor'>): readonly string[] {
  return headers.xForwardedFor.flatMap((value) => value.split(',')).map((hop) => hop.trim());
}

function forwardedHops(headers: Pick<RequestHeaders, 'forwarded'>): readonly string[] {
  return headers.forwarded
    .flatMap((value) => splitOutsideQuotes(value, ','))
    .map((element) => {
      const nodes = splitOutsideQuotes(element, ';')
        .map((pair) => /^\s*for\s*=\s*(?:"([^"\\]*)"|([^\s"]*))\s*$/i.exec(pair))
        .filter((match) => match !== null);
      // Twice `for` in one element is not readable.
      return nodes.length === 1 ? (nodes[0]?.[1] ?? nodes[0]?.[2] ?? '') : '';
    });
}

/** An address from `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]:80`. */
function addressOf(hop: string): string | undefined {
  const bracketed = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$/i.exec(hop)?.[1];
  const withPort = /^([\d.]+):\d{1,5}$/.exec(hop)?.[1];
  const address = plainAddress(bracketed ?? withPort ?? hop);
  return isIP(address) === 0 ? undefined : address;
}

/** An IPv4 address that came in over an IPv6 socket is that IPv4 address. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : address;
}
