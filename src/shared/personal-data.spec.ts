import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  digestOfId,
  hashOfId,
  looksPersonal,
  pseudonymousId,
  withoutPersonalData,
} from './personal-data.js';
import { isPersonalFeature, isPersonalName } from './personal-names.js';
import { jsonWithoutPersonalData, urlWithoutPersonalData } from './personal-places.js';

/** The least of several: what else the machine does only adds to it. */
function leastMillis(work: () => void): number {
  let least = Infinity;
  for (let round = 0; round < 7; round += 1) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

describe('the search for people', () => {
  const HOSTILE = [
    ...[
      '@',
      'a@',
      '\uff20',
      'a\uff20',
      '\uff20\u3002',
      '@a.',
      '%40',
      '%2540',
      '\\u0040',
      '&#64;',
      ' @ ',
    ],
    ...[
      '.',
      '\u3002',
      '1',
      '\uff11',
      '+1',
      '\uff0b',
      '%2b1',
      '001 1',
      'a=%25&',
      '%00',
      '"<',
      'a@b.c',
    ],
  ];
  const millisOf = (unit: string) => {
    const text = unit.repeat(Math.ceil(8000 / unit.length)).slice(0, 7900);
    return leastMillis(() => {
      withoutPersonalData(`a${text}`);
      urlWithoutPersonalData(`https://s.example/a${text}`);
      urlWithoutPersonalData(`https://s.example/?q=a${text}`);
      urlWithoutPersonalData(`https://s.example/#a${text}`);
    });
  };

  // Where every "@" looks at what the next one looks at again, it is some hundred times as much.
  it.each(HOSTILE)('costs about what other long texts cost when one is full of %j', (unit) => {
    expect(millisOf(unit) / millisOf('\u00e4')).toBeLessThan(40);
  });
});

describe('what looks like a person', () => {
  it('is found in text, encoded or not, and ids and amounts are left alone', () => {
    expect(looksPersonal('mail to jane.doe@example.com now')).toBe(true);
    expect(looksPersonal('jane%40example.com')).toBe(true);
    expect(looksPersonal('+49 30 1234567')).toBe(true);
    expect(looksPersonal('0049301234567')).toBe(true);
    expect(looksPersonal('23842000000000001')).toBe(false);
    expect(looksPersonal('order 2026-11-22 / 0815')).toBe(false);
    expect(withoutPersonalData('a jane@example.com b')).toBe('a [removed] b');
  });

  it('goes out of every text around it, and what is left holds nobody any more', () => {
    const word = fc.stringMatching(/^[a-z0-9.]{1,12}$/).filter((text) => /[a-z]/.test(text));
    const address = fc.tuple(word, word).map(([a, b]) => `x${a}@x${b.replaceAll('.', '')}.example`);
    const digits = fc.stringMatching(/^[1-9][0-9]{7,13}$/);
    const written = [
      (text: string) => text,
      (text: string) => encodeURIComponent(text),
      (text: string) => encodeURIComponent(encodeURIComponent(text)),
      (text: string) => Buffer.from(`who ${text}`).toString('base64'),
    ];
    fc.assert(
      fc.property(
        fc.oneof(
          address,
          digits.map((text) => `+${text}`),
        ),
        fc.constantFrom(...written),
        fc.string({ maxLength: 40 }),
        fc.string({ maxLength: 40 }),
        (secret, write, before, after) => {
          const cleaned = withoutPersonalData(`${before} ${write(secret)} ${after}`);
          expect(cleaned).not.toContain(write(secret));
          expect(looksPersonal(cleaned)).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('goes out of URLs, and fbclid and UTM stay', () => {
    expect(
      urlWithoutPersonalData(
        'https://u:p@shop.example/u/jane%40example.com/x?fbclid=Iw1&email=jane%40example.com&phone=0301234&q=jane@example.com&utm_content=23842&firstName=Jane#me@x.org',
      ),
    ).toBe('https://shop.example/u/removed/x?fbclid=Iw1&utm_content=23842');
  });

  it('goes out of addresses that have no parts, and entities split no address', () => {
    expect(urlWithoutPersonalData('mailto:jane@example.com')).not.toContain('jane');
    expect(urlWithoutPersonalData('tel:+49301234567')).not.toContain('1234567');
    expect(urlWithoutPersonalData('https://shop.example/u/0049301234567/x')).toBe(
      'https://shop.example/u/removed/x',
    );
    expect(urlWithoutPersonalData('https://shop.example/?q=jane&#64;example.com&a=1')).toBe(
      'https://shop.example/?a=1',
    );
  });

  it('is found in full width, between blanks, escaped, and with 00 inside a text', () => {
    for (const text of [
      'call \uff0b\uff14\uff19\uff13\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17',
      'jane @ example.com',
      'jane@example\u3002com',
      '{"a":"jane\\u0040example.com"}',
      'call 0049 30 1234567890 now',
      '{"q":"004930123456789"}',
    ]) {
      expect(looksPersonal(text)).toBe(true);
      expect(looksPersonal(withoutPersonalData(text))).toBe(false);
      expect(withoutPersonalData(text)).not.toMatch(/jane|345|\uff13/);
    }
    expect(withoutPersonalData('for "Jane Doe" <jane@example.com>')).toBe('for [removed]>');
    for (const text of ['2 @ 3.50', 'AB-00123456789012', '100.00123456789012', '0012345']) {
      expect(withoutPersonalData(text)).toBe(text);
    }
  });

  it('goes out of JSON by its value and by its key', () => {
    expect(
      jsonWithoutPersonalData({
        note: 'call +49 30 1234567',
        user: { email: 'x', first_name: 'Jane', size: 4 },
        list: ['jane@example.com', 7],
      }),
    ).toEqual({ note: 'call [removed]', user: { size: 4 }, list: ['[removed]', 7] });
  });

  it('names fields by their words', () => {
    expect(['userEmail', 'Phone-Number', 'first_name', 'em'].every(isPersonalName)).toBe(true);
    expect(
      ['content_name', 'item', 'number', 'email_campaign_id2x'].filter(isPersonalName),
    ).toEqual(['email_campaign_id2x']);
  });

  it('keeps ids joinable, and ids padded with zeros as they are', () => {
    expect(pseudonymousId('o-1')).toBe('o-1');
    expect(pseudonymousId(' jane@example.com')).toBe(digestOfId('jane@example.com'));
    expect(hashOfId(digestOfId('jane@example.com'))).toBe(hashOfId('jane@example.com'));
    expect(pseudonymousId('0012345678')).toBe('0012345678');
    expect(pseudonymousId('0049 151 23456789')).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(pseudonymousId('+4915123456789')).toMatch(/^sha256:/);
    expect(pseudonymousId('   ')).toBe('   ');
  });

  it('is found behind other ways of writing, and random ids are not taken for it', () => {
    const base64 = Buffer.from('u=jane.doe@example.com').toString('base64');
    for (const text of [
      'jane\uff20example.com',
      'jane&#64;example.com',
      'jane%252540example.com',
    ]) {
      expect([text, looksPersonal(text)]).toEqual([text, true]);
    }
    expect(looksPersonal(`see ${base64}`)).toBe(true);
    expect(withoutPersonalData(`see ${base64} there`)).not.toContain(base64.slice(2, 8));
    expect(urlWithoutPersonalData(`https://s.example/?r=${base64.replace('=', '%3D')}&a=1`)).toBe(
      'https://s.example/?a=1',
    );
    const fbclid = 'IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk';
    expect(looksPersonal(fbclid)).toBe(false);
  });

  it('tells a device from a number among features', () => {
    expect(isPersonalFeature('mobile', 'ios')).toBe(false);
    expect(isPersonalFeature('is_mobile', 1)).toBe(false);
    expect(isPersonalFeature('phone', 4_915_123_456_789)).toBe(true);
    expect(isPersonalFeature('phone', '0151 2345 6789')).toBe(true);
    expect(isPersonalFeature('firstName', 'Jane')).toBe(true);
    expect(isPersonalFeature('audience', 'jane@example.com')).toBe(true);
    expect(isPersonalFeature('jane@example.com', 1)).toBe(true);
    expect(isPersonalFeature('email_opened', 1)).toBe(false);
  });
});
