import { describe, expect, it } from '@jest/globals';
import { makeApiKey, parseApiKey, sameDigest } from './api-key.js';

describe('an API key', () => {
  it('names its account and key, whatever characters the account id has', () => {
    const made = makeApiKey('ac.me/über 1');
    const parsed = parseApiKey(made.apiKey);
    expect(parsed).toEqual({ accountId: 'ac.me/über 1', keyId: made.keyId });
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
