import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { getCountries, getExampleNumber } from 'libphonenumber-js/core';
import plans from 'libphonenumber-js/min/metadata';
import examples from 'libphonenumber-js/mobile/examples';
import { normaliseEmail, normalisePhone } from './contact.js';
import { HASH_SHAPE, hashedAlready, sha256 } from './hash-value.js';
import { combinationFault } from './key-combinations.js';
import { normaliseBirthDate, normaliseGender, normaliseInitials, normaliseName } from './person.js';
import { normaliseCity, normaliseCountry, normalisePostcode, normaliseState } from './place.js';
import { cleanUserData } from './user-data.js';

const NOW = new Date('2026-11-22T08:00:00Z');
const text = (outcome: { text: string } | { reason: string }) =>
  'text' in outcome ? outcome.text : null;

describe('an e-mail address', () => {
  it.each([
    [' John_Smith@GMAIL.com ', 'john_smith@gmail.com'],
    ['a@b.c', 'a@b.c'],
    ['müller@exämple.de', 'müller@exämple.de'],
    ['first.last+tag@sub.example.co.uk', 'first.last+tag@sub.example.co.uk'],
    ['two@@example.com', null],
    ['a b@example.com', null],
    ['no-at.example.com', null],
    ['x@nodot', null],
    ['x..y@example.com', null],
    ['', null],
  ])('%j becomes %j', (given, wanted) => {
    expect(text(normaliseEmail(given))).toEqual(wanted);
  });
});

describe('a phone number', () => {
  it.each<[string, string | null, string | null]>([
    ['+1 (650) 561-7849', null, '16505617849'],
    ['0049 30 1234567', null, '49301234567'],
    ['+49 (0)30 / 123.45.67', null, '49301234567'],
    ['1(650)561-7849', null, '16505617849'],
    ['+33.1.23.45.67.89', null, '33123456789'],
    ['(650)555-1212', null, null],
    ['(650)555-1212', 'us', '16505551212'],
    ['16505551212', 'us', '16505551212'],
    ['030 1234567', 'de', '49301234567'],
    ['030 1234567', null, null],
    ['06 1234 5678', 'it', '390612345678'],
    ['8 912 345-67-89', 'ru', '79123456789'],
    ['+1 650 561 7849 ext. 12', null, '16505617849'],
    ['+12', null, null],
    ['+12345678901234567', null, null],
    ['call me', null, null],
    ['011 44 20 7946 0958', 'us', '442079460958'],
    ['＋１ ６５０ ５６１ ７８４９', null, '16505617849'],
    ['8 612 34567', 'lt', '37061234567'],
    ['8 029 123-45-67', 'by', '375291234567'],
    ['044 55 1234 5678', 'mx', '525512345678'],
    ['045 55 1234 5678', 'mx', '525512345678'],
    ['01 55 1234 5678', 'mx', '525512345678'],
    ['55 1234 5678', 'mx', '525512345678'],
    ['+52 1 55 1234 5678', null, '525512345678'],
    ['06 1 234 5678', 'hu', '3612345678'],
    ['011 15 1234-5678', 'ar', '5491112345678'],
    ['0 15 11 91234-5678', 'br', '5511912345678'],
    ['+39 (0)6 1234 5678', null, '390612345678'],
    ['+34 (0)912 345 678', null, '34912345678'],
    ['+44 020 7946 0958', null, '442079460958'],
    ['49 30 1234567', 'de', '49301234567'],
    ['+999 123 456 789', null, null],
    ['5551212', 'us', null],
    [`+49 30 1234567${' '.repeat(60)}x`, null, null],
  ])('%j in %j becomes %j', (given, country, wanted) => {
    expect(text(normalisePhone(given, country))).toEqual(wanted);
  });
});

describe('the phone numbers of every region', () => {
  it('are the same however they are written at home and abroad', () => {
    const faults = getCountries(plans).flatMap((region) => {
      const example = getExampleNumber(region, examples, plans)!;
      const wanted = example.number.slice(1);
      const written = [example.formatNational(), example.formatInternational(), example.number];
      return written
        .filter((given) => text(normalisePhone(given, region.toLowerCase())) !== wanted)
        .map((given) => `${region} ${given}`);
    });
    expect(faults).toEqual([]);
  });
});

describe('a name', () => {
  it.each([
    ['  Mary ', 'mary'],
    ['Valéry', 'valéry'],
    ['Vale\u0301ry', 'valéry'],
    ["O'Neil-Smith", 'oneilsmith'],
    ['정', '정'],
    ['Mary  Jane', 'mary jane'],
    ['...', null],
  ])('%j becomes %j', (given, wanted) => {
    expect(text(normaliseName(given))).toEqual(wanted);
  });

  it('gives the first letters of the older keys', () => {
    expect(normaliseInitials('George', 5)).toEqual({ text: 'georg' });
    expect(normaliseInitials('Éric', 1)).toEqual({ text: 'é' });
  });
});

describe('a date of birth', () => {
  it.each<[string, string | null, string | null]>([
    ['2/16/1997', null, '19970216'],
    ['16/2/1997', null, '19970216'],
    ['1997-02-16', null, '19970216'],
    ['1997-02-16T00:00:00Z', null, '19970216'],
    ['16.02.1997', null, '19970216'],
    ['19970216', null, '19970216'],
    ['02161997', null, '19970216'],
    ['Feb 16, 1997', null, '19970216'],
    ['16 February 1997', null, '19970216'],
    ['02/03/1997', null, '19970203'],
    ['02/03/1997', 'gb', '19970302'],
    ['02.03.1997', null, '19970302'],
    ['2/16/97', null, '19970216'],
    ['30/02/1997', null, null],
    ['1899-12-31', null, null],
    ['2027-01-01', null, null],
    ['yesterday', null, null],
    ['', null, null],
  ])('%j in %j becomes %j', (given, country, wanted) => {
    expect(text(normaliseBirthDate(given, country, NOW))).toEqual(wanted);
  });
});

describe('a gender', () => {
  it.each([
    ['F', 'f'],
    ['Female', 'f'],
    ['male', 'm'],
    ['männlich', 'm'],
    ['Mrs.', 'f'],
    ['Herr', 'm'],
    ['x', null],
    ['unknown', null],
  ])('%j becomes %j', (given, wanted) => {
    expect(text(normaliseGender(given))).toEqual(wanted);
  });
});

describe('a place', () => {
  it.each([
    ['Menlo Park', 'menlopark'],
    ['São Paulo', 'sãopaulo'],
    ["St. John's", 'stjohns'],
    ['New-York', 'newyork'],
  ])('the city %j becomes %j', (given, wanted) => {
    expect(text(normaliseCity(given))).toEqual(wanted);
  });

  it.each<[string, string | null, string]>([
    ['CA', null, 'ca'],
    ['California', 'us', 'ca'],
    ['New York', null, 'ny'],
    ['US-TX', null, 'tx'],
    ['Washington, D.C.', 'us', 'dc'],
    ['Bayern', 'de', 'bayern'],
    ['Île-de-France', 'fr', 'îledefrance'],
    ['Georgia', 'ge', 'georgia'],
    ['Ontario', 'ca', 'ontario'],
    ['State of New York', 'us', 'ny'],
    ['Washington State', null, 'wa'],
    ['Lagos State', 'ng', 'lagosstate'],
  ])('the state %j of %j becomes %j', (given, country, wanted) => {
    expect(text(normaliseState(given, country))).toEqual(wanted);
  });

  it.each<[string, string | null, string | null]>([
    ['94035-1234', null, '94035'],
    ['940351234', 'us', '94035'],
    ['2139', 'us', '02139'],
    ['SW1A 1AA', null, 'sw1a1aa'],
    ['m1 1ae', 'gb', 'm11ae'],
    ['SW1A', 'gb', 'sw1a'],
    ['GIR 0AA', 'gb', 'gir0aa'],
    ['K1A 0B1', null, 'k1a0b1'],
    ['100-0001', 'jp', '1000001'],
    ['1234 AB', 'nl', '1234ab'],
    ['x', null, null],
  ])('the post code %j of %j becomes %j', (given, country, wanted) => {
    expect(text(normalisePostcode(given, country))).toEqual(wanted);
  });

  it.each([
    ['US', 'us'],
    ['usa', 'us'],
    ['United States', 'us'],
    ['UK', 'gb'],
    ['Deutschland', 'de'],
    ['DEU', 'de'],
    ["Côte d'Ivoire", 'ci'],
    ['Bosnia and Herzegovina', 'ba'],
    ['Saint Lucia', 'lc'],
    ['Sverige', 'se'],
    ['België', 'be'],
    ['日本', 'jp'],
    ['Ivory Coast', 'ci'],
    ['zz', null],
    ['Atlantis', null],
  ])('the country %j becomes %j', (given, wanted) => {
    expect(text(normaliseCountry(given))).toEqual(wanted);
  });
});

describe('user_data', () => {
  const clean = (given: Record<string, unknown>, country: string | null = null) =>
    cleanUserData(given, country, NOW);

  it('hashes what the documents hash, keeps the rest, and says why the others went', () => {
    const hash = sha256('a@example.com');
    expect(
      clean({
        em: ['A@Example.com', 'a@example.com ', 'broken'],
        ph: '(650)555-1212',
        country: 'us',
        client_ip_address: '10.0.0.1',
        client_user_agent: 'Mozilla/5.0',
        external_id: ['u-1', 'u-1', 'A@example.com'],
        lead_id: 123,
        shoe_size: '44',
        fn: null,
      }),
    ).toEqual({
      userData: {
        em: [hash],
        ph: sha256('16505551212'),
        country: sha256('us'),
        client_user_agent: 'Mozilla/5.0',
        external_id: ['u-1', hash],
        lead_id: '123',
      },
      matchKeys: ['em', 'ph', 'country', 'client_user_agent', 'external_id', 'lead_id'],
      fields: [
        { field: 'em', verdict: 'used', reason: 'some values dropped: not_an_email' },
        { field: 'ph', verdict: 'used' },
        { field: 'country', verdict: 'used' },
        { field: 'client_ip_address', verdict: 'dropped', reason: 'private_ip_address' },
        { field: 'client_user_agent', verdict: 'used' },
        { field: 'external_id', verdict: 'used' },
        { field: 'lead_id', verdict: 'used' },
        { field: 'shoe_size', verdict: 'dropped', reason: 'unknown_field' },
      ],
    });
  });

  it('passes hashes through, upper case and 73 characters too, and refuses MD5', () => {
    const hash = sha256('x');
    const marked = `${hash}.AQQBAQEA`;
    expect(hashedAlready(`${hash}.AQ`)).toBe(hash);
    expect(clean({ em: [hash.toUpperCase(), marked] }).userData).toEqual({ em: [hash, marked] });
    expect(clean({ em: 'd41d8cd98f00b204e9800998ecf8427e' }).fields).toEqual([
      { field: 'em', verdict: 'dropped', reason: 'md5_is_not_accepted' },
    ]);
  });

  it("takes an IP address with the parameter builder's mark as it is", () => {
    const address = (value: string) =>
      cleanUserData({ client_ip_address: value }, null, NOW).userData['client_ip_address'];
    expect(address('8.8.8.8.AQECAAIA')).toBe('8.8.8.8.AQECAAIA');
    expect(address('2001:4860:4860::8888.AQ')).toBe('2001:4860:4860::8888.AQ');
    expect(address('10.0.0.1.AQECAAIA')).toBeUndefined();
    expect(address('8.8.8.8.nonsense-')).toBeUndefined();
  });

  it('never lets an address stand in a raw field', () => {
    const { userData } = clean({ client_user_agent: 'me@x.org', external_id: '+49301234567' });
    expect(userData).toEqual({ external_id: sha256('49301234567') });
  });

  it('is idempotent, never hashes twice, and always has the right shape', () => {
    const value = fc.oneof(fc.string(), fc.emailAddress(), fc.string({ unit: 'grapheme' }));
    const keys = ['em', 'ph', 'fn', 'ln', 'db', 'ge', 'ct', 'st', 'zp', 'country', 'f5first', 'fi'];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.array(value, { maxLength: 4 }), (key, values) => {
        const once = clean({ [key]: values }, 'us').userData;
        expect(clean(once, 'us').userData).toEqual(once);
        for (const hash of once[key] ?? []) expect(hash).toMatch(HASH_SHAPE);
      }),
    );
  });
});

describe('the baseline matching rule', () => {
  it.each([
    [['ct', 'country', 'client_user_agent'], true],
    [['db', 'client_user_agent'], true],
    [['fn', 'ge'], true],
    [['ln'], true],
    [[], true],
    [['em'], false],
    [['fn', 'ln'], false],
    [['client_ip_address', 'client_user_agent'], false],
    [['db', 'ge'], false],
  ])('%j is invalid: %j', (keys, invalid) => {
    expect(combinationFault(keys) !== null).toBe(invalid);
  });
});
