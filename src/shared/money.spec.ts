import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  currencyOffset,
  isKnownCurrency,
  isWholeMinor,
  MONEY_MINOR_MAX,
  toMajor,
  toMinor,
} from './money.js';

const CURRENCIES = ['USD', 'EUR', 'BHD', 'KRW', 'HUF', 'TWD'];

describe('currencyOffset', () => {
  it("follows Meta's table and not ISO 4217 where the two differ", () => {
    const codes = ['USD', 'BHD', 'KRW', 'JPY', 'HUF', 'TWD', 'COP'];
    expect(codes.map(currencyOffset)).toEqual([100, 100, 1, 1, 1, 1, 1]);
  });

  it('refuses a currency outside the table instead of guessing', () => {
    expect([isKnownCurrency('USD'), isKnownCurrency('QQQ')]).toEqual([true, false]);
    expect(() => toMinor(1, 'QQQ')).toThrow('QQQ');
  });
});

describe('toMinor', () => {
  const usd = (major: number): number => toMinor(major, 'USD');

  it('rounds to the nearest minor unit, halves away from zero, as written in decimals', () => {
    // 1.005 and 8.165 lie below the half in binary, 0.145 * 100 falls below it when multiplied.
    const halves = [1.005, 8.165, 0.145, 1.115, 2.675, 0.005];
    expect(halves.map(usd)).toEqual([101, 817, 15, 112, 268, 1]);
    expect(halves.map((major) => usd(-major))).toEqual([-101, -817, -15, -112, -268, -1]);
    expect([12.34, -12.34, 0.004, 1.0049999].map(usd)).toEqual([1234, -1234, 0, 100]);
  });

  it('restores the cents of amounts that passed through 32-bit floats', () => {
    expect([1.429999948, 1.820000023, 639.949998].map(usd)).toEqual([143, 182, 63_995]);
  });

  it('leaves currencies without minor units as they are', () => {
    expect([toMinor(1500, 'KRW'), toMinor(1500.5, 'KRW'), toMinor(-1500.5, 'HUF')]).toEqual([
      1500, 1501, -1501,
    ]);
  });

  it('makes zero of either zero', () => {
    expect([usd(0), usd(-0)]).toEqual([0, 0]);
  });

  it('undoes toMajor for every amount we keep', () => {
    const minor = fc.integer({ min: -MONEY_MINOR_MAX, max: MONEY_MINOR_MAX });
    fc.assert(
      fc.property(minor, fc.constantFrom(...CURRENCIES), (amount, currency) => {
        expect(toMinor(toMajor(amount, currency), currency)).toBe(amount);
      }),
      { numRuns: 1000 },
    );
  });

  it('rounds a decimal half up whatever its binary form, and what is just below it down', () => {
    // The expectation is made from digits, without arithmetic on fractions.
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (cents) => {
        const digits = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
        expect([usd(Number(`${digits}5`)), usd(Number(`${digits}4999`))]).toEqual([
          cents + 1,
          cents,
        ]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('isWholeMinor', () => {
  it('tells a whole number of minor units from a fraction of one', () => {
    const amounts = [0.07, 1.1, 19.99, -19.99, 1.005, 0.001];
    expect(amounts.map((major) => isWholeMinor(major, 'USD'))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect([isWholeMinor(1500, 'KRW'), isWholeMinor(1500.5, 'KRW')]).toEqual([true, false]);
  });
});
