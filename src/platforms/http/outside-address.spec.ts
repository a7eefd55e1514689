import { describe, expect, it } from '@jest/globals';
import { outsideAddressFault } from './outside-address.js';

describe('an address that a caller chooses', () => {
  it.each(['https://public.api.bsky.app', 'https://pds.example.com:8443/', 'https://8.8.8.8'])(
    'is taken when it is public and https: %s',
    (address) => {
      expect(outsideAddressFault(address, false)).toBeNull();
    },
  );

  it.each([
    ['plain http', 'http://public.api.bsky.app'],
    ['another scheme', 'file:///etc/passwd'],
    ['no address', 'bsky.app'],
    ['a password', 'https://me:secret@bsky.app'],
    ['a path', 'https://bsky.app/xrpc'],
    ['a query', 'https://bsky.app/?'],
    ['loopback', 'https://127.0.0.1'],
    ['loopback in hexadecimal', 'https://0x7f000001'],
    ['loopback in one number', 'https://2130706433'],
    ['loopback of IPv6', 'https://[::1]'],
    ['IPv4 inside IPv6', 'https://[::ffff:10.0.0.1]'],
    ['link-local metadata', 'https://169.254.169.254'],
    ['a private network', 'https://192.168.1.1'],
    ['a unique local address', 'https://[fd00::1]'],
    ['localhost', 'https://localhost'],
    ['localhost with a dot', 'https://localhost.'],
    ['a name below localhost', 'https://a.localhost'],
    ['a single label', 'https://postgres'],
    ['an internal name', 'https://metadata.google.internal'],
  ])('is refused as %s', (_name, address) => {
    expect(outsideAddressFault(address, false)).not.toBeNull();
  });

  it('may be private, and plain http, where that is allowed', () => {
    expect(outsideAddressFault('http://127.0.0.1:2583', true)).toBeNull();
    expect(outsideAddressFault('http://127.0.0.1:2583/xrpc', true)).not.toBeNull();
  });
});
