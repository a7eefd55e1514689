// The rules of personal-data.ts cannot be checked by eye; these examples can.
import { describe, expect, it } from '@jest/globals';
import { looksPersonal, withoutPersonalData } from './personal-data.js';
import { urlWithoutPersonalData } from './personal-places.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a person in a text', () => {
  it.each([
    ['jane@example.com', '[removed]'],
    ['Jane.Doe+shop@sub.example.co.uk', '[removed]'],
    ['"Jane Doe" <jane@example.com>', '[removed]>'],
    ['from jane@example.com to joe@example.org', 'from [removed] to [removed]'],
    ['jane%40example.com', '[removed]'],
    ['jane%2540example.com', '[removed]'],
    ['jane&#64;example.com', '[removed]'],
    ['jane&#x40;example.com', '[removed]'],
    ['jane&commat;example.com', '[removed]'],
    ['jane\\u0040example.com', '[removed]'],
    ['jane\uff20example.com', '[removed]'],
    ['jane @ example.com', '[removed]'],
    ['jane@example\u3002com', '[removed]'],
    ['jane@example%2ecom', '[removed]'],
    ['müller@exämple.de', '[removed]'],
    ['mailto:jane@example.com', 'mailto:[removed]'],
    ['id=jane@example.com&x=1', 'id=[removed]&x=1'],
    ['+49 30 1234567', '[removed]'],
    ['call +1 (650) 555-1212 now', 'call [removed] now'],
    ['%2B4930123456', '[removed]'],
    ['0049 30 1234567', '[removed]'],
    ['call 0049 30 1234567890 now', 'call [removed] now'],
    ['\uff0b\uff14\uff19\uff13\uff10\uff11\uff12\uff13\uff14\uff15', '[removed]'],
    [`user/${base64('jane@example.com')}`, 'user/[removed]'],
    [`r=${base64('call +4930123456')}`, 'r=[removed]'],
  ])('%j becomes %j', (given, wanted) => {
    expect([looksPersonal(given), withoutPersonalData(given)]).toEqual([true, wanted]);
  });

  it.each([
    ['2 @ 3.50'],
    ['@handle'],
    ['a@b'],
    ['5+3=8'],
    ['+1'],
    ['10%+'],
    ['0012345'],
    ['AB-00123456789012'],
    ['23842000000000001'],
    ['2026-11-22T08:00:00+01:00'],
    ['IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk'],
    ['sale & more'],
    ['100% cotton'],
    ['C:\\temp\\file'],
    ['1,299.00 EUR'],
  ])('is not seen in %j', (text) => {
    expect([looksPersonal(text), withoutPersonalData(text)]).toEqual([false, text]);
  });
});

describe('a person in a URL', () => {
  it.each([
    [
      'https://s.example/a?utm_content=7&fbclid=Iw1',
      'https://s.example/a?utm_content=7&fbclid=Iw1',
    ],
    ['https://s.example/u/jane@example.com/x', 'https://s.example/u/removed/x'],
    ['https://s.example/?email=x&a=1', 'https://s.example/?a=1'],
    ['https://s.example/?q=jane%40example.com', 'https://s.example/'],
    ['https://s.example/?q=+4930123456', 'https://s.example/'],
    ['https://u:p@s.example/', 'https://s.example/'],
    ['https://s.example/#jane@example.com', 'https://s.example/'],
    ['https://jane@example.com/', 'https://example.com/'],
    ['mailto:jane@example.com', 'mailto:[removed]'],
    ['tel:%2B4930123456', 'tel:[removed]'],
    ['x:jane@example.com%00', 'x:[removed]'],
    // What cannot be stored stays as it was encoded.
    ['tel:%00', 'tel:%00'],
    ['https://%00/', 'https://%00/'],
    ['about:blank', 'about:blank'],
  ])('%j becomes %j', (given, wanted) => {
    expect(urlWithoutPersonalData(given)).toBe(wanted);
  });
});
