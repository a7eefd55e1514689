import { describe, expect, it } from '@jest/globals';
import {
  isPersonalName,
  jsonWithoutPersonalData,
  looksPersonal,
  pseudonymousId,
  urlWithoutPersonalData,
  withoutPersonalData,
} from './personal-data.js';

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

  it('keeps ids joinable', () => {
    expect(pseudonymousId('o-1')).toBe('o-1');
    expect(pseudonymousId('Jane@example.com')).toBe(pseudonymousId('jane@example.com'));
    expect(pseudonymousId('jane@example.com')).not.toContain('jane');
  });
});
