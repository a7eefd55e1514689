import { describe, expect, it } from '@jest/globals';
import { makeApiKey, parseApiKey, sameDigest } from '../keys/api-key.js';
import { seal, unseal } from './seal.js';

const key = Buffer.alloc(32, 1);

describe('a seal', () => {
  it('opens with the same key and binding only', () => {
    const sealed = seal(key, 'a secret', 'acme/meta');
    expect(unseal(key, sealed, 'acme/meta')).toBe('a secret');
    expect(() => unseal(key, sealed, 'other/meta')).toThrow();
    expect(() => unseal(Buffer.alloc(32, 2), sealed, 'acme/meta')).toThrow();
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    expect(() => unseal(key, sealed, 'acme/meta')).toThrow();
  });

  it('shows nothing and differs each time', () => {
    const one = seal(key, 'a secret', 'acme/meta');
    expect(one.toString('latin1')).not.toContain('secret');
    expect(one.equals(seal(key, 'a secret', 'acme/meta'))).toBe(false);
  });
});

describe('an API key', () => {
  it('names its account and key, whatever characters the account id has', () => {
    const made = makeApiKey('ac.me/über 1');
    const parsed = parseApiKey(made.apiKey);
    expect(parsed).toEqual({
      accountId: 'ac.me/über 1',
      keyId: made.keyId,
      digest: made.digest,
    });
  });

  it('is nothing when a part is missing or too long', () => {
    for (const text of ['', 'lg', 'lg.a.b', 'xx.a.b.c', `lg.a.b.${'c'.repeat(700)}`]) {
      expect(parseApiKey(text)).toBeNull();
    }
  });

  it('differs from another by its digest', () => {
    const [one, two] = [makeApiKey('a'), makeApiKey('a')];
    expect(sameDigest(one.digest, one.digest)).toBe(true);
    expect(sameDigest(one.digest, two.digest)).toBe(false);
  });
});
