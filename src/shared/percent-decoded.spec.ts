import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { percentDecoded, queryParameters } from './percent-decoded.js';

describe('percent-encoding', () => {
  it('is undone as the standard does where that does not fail', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(percentDecoded(encodeURIComponent(text))).toBe(text);
      }),
    );
  });

  it.each([
    ['100%', '100%'],
    ['%zz%4', '%zz%4'],
    ['a%40b%ff', 'a@b\u00ff'],
    ['%2540', '%40'],
    ['caf\u00e9%21', 'caf\u00e9!'],
  ])('%j becomes %j, without an error', (given, wanted) => {
    expect(percentDecoded(given)).toBe(wanted);
  });

  it('gives the parameters of a query as the standard does', () => {
    const urls = [
      'https://s.example/?a=1&b=%C3%A9+x&a=2&c&d==&&e=%',
      'https://s.example/#?a=1',
      'https://s.example/',
      'https://s.example/?utm_%63ontent=7#f',
    ];
    for (const url of urls) expect(queryParameters(url)).toEqual([...new URL(url).searchParams]);
  });
});
