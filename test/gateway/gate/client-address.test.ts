import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress, trustedProxies } from '../../../gateway/gate/index.ts';

const trusted = trustedProxies(['10.0.0.0/8', '192.168.1.1', '2001:db8:1::/48']);
const none = trustedProxies([]);

function address(
  peer: string,
  xForwardedFor: readonly string[],
  forwarded: readonly string[] = [],
): string {
  return clientAddress(peer, { xForwardedFor, forwarded }, trusted).address;
}

describe('the address of a client', () => {
  it('is the peer, whatever it says, unless the peer is trusted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())),
        fc.array(fc.string()),
        (xForwardedFor, forwarded) => {
          expect(clientAddress('192.0.2.1', { xForwardedFor, forwarded }, trusted)).toEqual({
            address: '192.0.2.1',
          });
          expect(clientAddress('10.0.0.1', { xForwardedFor, forwarded }, none)).toEqual({
            address: '10.0.0.1',
          });
        },
      ),
    );
  });

  it('is an IPv4 address when it came over an IPv6 socket', () => {
    expect(address('::ffff:192.0.2.1', [])).toBe('192.0.2.1');
    expect(address('::ffff:10.0.0.1', ['192.0.2.7'])).toBe('192.0.2.7');
  });

  it.each([
    [['192.0.2.7'], '192.0.2.7'],
    [['6.6.6.6, 192.0.2.7'], '192.0.2.7'],
    [['6.6.6.6', '192.0.2.7, 10.9.9.9'], '192.0.2.7'],
    [['6.6.6.6, 192.0.2.7, 10.9.9.9, 192.168.1.1'], '192.0.2.7'],
    [['garbage, 192.0.2.7'], '192.0.2.7'],
    [['192.0.2.7:5678'], '192.0.2.7'],
    [['2001:db8::1'], '2001:db8::1'],
    [['[2001:db8::1]:443'], '2001:db8::1'],
    [['::ffff:192.0.2.7'], '192.0.2.7'],
    [['192.0.2.7, 2001:db8:1::5'], '192.0.2.7'],
    [['10.2.2.2, 10.3.3.3'], '10.2.2.2'],
  ])(
    'behind a trusted peer, %j gives the first hop from the right that is not trusted',
    (chain, expected) => {
      expect(address('10.0.0.1', chain)).toBe(expected);
    },
  );

  it.each([
    [['unknown']],
    [['192.0.2.7, ']],
    [['192.0.2.7, unknown']],
    [['6.6.6.6, 192.0.2.7, garbage, 10.1.1.1']],
    [['192.0.2.7:999999']],
    [['[192.0.2.7']],
    [['1.2.3']],
    [['']],
  ])('is the peer when the chain cannot be read: %j', (chain) => {
    expect(address('10.0.0.1', chain)).toBe('10.0.0.1');
  });

  it('is read from Forwarded too', () => {
    expect(address('10.0.0.1', [], ['for=6.6.6.6, for=192.0.2.7;proto=https;by=10.0.0.1'])).toBe(
      '192.0.2.7',
    );
    expect(address('10.0.0.1', [], ['For="[2001:db8::1]:4711"'])).toBe('2001:db8::1');
    expect(address('10.0.0.1', [], ['for=192.0.2.7;for=6.6.6.6'])).toBe('10.0.0.1');
    expect(address('10.0.0.1', [], ['proto=https'])).toBe('10.0.0.1');
    expect(address('10.0.0.1', [], ['for=_hidden'])).toBe('10.0.0.1');
  });

  it('is the peer when two chains contradict each other', () => {
    expect(address('10.0.0.1', ['192.0.2.7'], ['for=192.0.2.8'])).toBe('10.0.0.1');
    expect(address('10.0.0.1', ['192.0.2.7'], ['for=192.0.2.7'])).toBe('192.0.2.7');
  });

  it('comes with the raw chain, cut to a length that a record can keep', () => {
    expect(
      clientAddress('10.0.0.1', { xForwardedFor: ['a', 'b, c'], forwarded: ['for=d'] }, trusted),
    ).toEqual({
      address: '10.0.0.1',
      forwardedChain: 'a, b, c | for=d',
    });
    const long = clientAddress(
      '10.0.0.1',
      { xForwardedFor: ['x'.repeat(9000)], forwarded: [] },
      trusted,
    );
    expect(long.forwardedChain).toHaveLength(2048);
  });

  it('is empty when the socket has gone', () => {
    expect(
      clientAddress(undefined, { xForwardedFor: ['1.1.1.1'], forwarded: [] }, trusted),
    ).toEqual({ address: '' });
  });
});

describe('the trusted proxies', () => {
  it.each([
    ['10.0.0.0/33'],
    ['10.0.0/8'],
    ['::1/129'],
    ['proxy.example'],
    ['10.0.0.1/8/9'],
    ['10.0.0.1/'],
    [''],
  ])('are not named by %j', (entry) => {
    expect(() => trustedProxies([entry])).toThrow();
  });

  it('are named by an address or a range', () => {
    expect(trustedProxies(['::1/128']).trusts('::1')).toBe(true);
    expect(trustedProxies(['127.0.0.1']).trusts('127.0.0.2')).toBe(false);
    expect(trustedProxies(['0.0.0.0/0']).trusts('9.9.9.9')).toBe(true);
  });
});
