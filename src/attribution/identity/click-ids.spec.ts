import { describe, expect, it } from '@jest/globals';
import { chooseFbc, fbclidInUrl, fbclidOf, isBrowserId } from './click-ids.js';

const SEEN = { fbclid: 'IwAR123', firstSeenAt: new Date(1_700_000_000_000) };

describe('browser identifiers', () => {
  it.each([
    ['fb.1.1554763741205.AbCdEf_-', true],
    ['fb.2.1554763741205.1098115397', true],
    ['fb.1.1554763741205.AbCd.AQQBAQEA', true],
    ['fb.1.1554763741205.AbCd.Bg', true],
    ['fb.1.1554763741205.AbCd.nope', false],
    ['fb.1.abc.AbCd', false],
    ['fb.1.1554763741205.', false],
    ['FB.1.1554763741205.AbCd', false],
    ['IwAR123', false],
  ])('%j is valid: %j', (value, valid) => {
    expect(isBrowserId(value)).toBe(valid);
  });

  it('finds the fbclid in a URL and in an fbc', () => {
    expect(fbclidInUrl('https://shop.example/p?a=1&fbclid=IwAR123#x')).toBe('IwAR123');
    expect(fbclidInUrl('https://shop.example/p')).toBeNull();
    expect(fbclidOf('fb.1.1554763741205.AbCd.AQQBAQEA')).toBe('AbCd');
  });

  it('keeps a valid fbc, replaces one of another click, builds one from an fbclid only', () => {
    const same = 'fb.1.1699999999999.IwAR123';
    expect(chooseFbc(same, SEEN)).toEqual({ fbc: same, reason: null });
    expect(chooseFbc('fb.1.1600000000000.older', SEEN)).toEqual({
      fbc: 'fb.1.1700000000000.IwAR123',
      reason: 'replaced_by_newer_fbclid',
    });
    expect(chooseFbc('broken', SEEN).fbc).toBe('fb.1.1700000000000.IwAR123');
    expect(chooseFbc('broken', null)).toEqual({ fbc: null, reason: 'not_an_fbc' });
    expect(chooseFbc(null, null)).toEqual({ fbc: null, reason: null });
  });
});
