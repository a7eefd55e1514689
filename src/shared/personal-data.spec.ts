import { describe, expect, it } from '@jest/globals';
import {
  digestOfId,
  hashOfId,
  isPersonalFeature,
  isPersonalName,
  looksPersonal,
  pseudonymousId,
  withoutPersonalData,
} from './personal-data.js';
import { jsonWithoutPersonalData, urlWithoutPersonalData } from './personal-places.js';

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

  it('goes out of URLs, and fbclid and UTM stay', () => {
    expect(
      urlWithoutPersonalData(
        'https://u:p@shop.example/u/jane%40example.com/x?fbclid=Iw1&email=jane%40example.com&phone=0301234&q=jane@example.com&utm_content=23842&firstName=Jane#me@x.org',
      ),
    ).toBe('https://shop.example/u/removed/x?fbclid=Iw1&utm_content=23842');
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
