import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decimalMarkOf, readNumber } from './read-number.js';

const amounts = (cells: string[], mark: '.' | ',' = '.'): unknown[] =>
  cells.map((cell) => readNumber(cell, 'amount', mark));

describe('readNumber', () => {
  it('reads the same amount in English, continental, French and Swiss spelling', () => {
    const spelled = ['1,234.56', '1.234,56', '1 234,56', '1\u00a0234,56', '1\u202f234,56'];
    expect(amounts([...spelled, "1'234.56", '1234.56', '1234,56'])).toEqual(Array(8).fill(1234.56));
  });

  it('takes off currency signs, currency codes and percent signs', () => {
    const cells = ['$12.00', 'US$12.00', 'USD 12.00', '12,00 €', '12.00 EUR', '12 %', ' 12 '];
    expect(amounts(cells)).toEqual(Array(7).fill(12));
    expect(amounts(['-$12.50', '\u22123', '(3)'])).toEqual([-12.5, -3, undefined]);
  });

  it('says null where the cell says that there is nothing', () => {
    expect(amounts(['', ' ', '-', '--', '—', 'N/A', 'n/a', 'null'])).toEqual(Array(8).fill(null));
  });

  it('decides an ambiguous amount by the mark of the file and an ambiguous count as thousands', () => {
    expect(amounts(['1,234', '1.234'], '.')).toEqual([1234, 1.234]);
    expect(amounts(['1,234', '1.234'], ',')).toEqual([1.234, 1234]);
    expect(['1,234', '1.234'].map((cell) => readNumber(cell, 'count', '.'))).toEqual([1234, 1234]);
    expect(readNumber('1.234', 'count', ',')).toBe(1234);
  });

  it('takes a mark for the decimal one where no thousands group can be', () => {
    expect(amounts(['12,5', '0.250', '0,250', '1234.567', '1.429999948', '.5'], ',')).toEqual([
      12.5, 0.25, 0.25, 1234.567, 1.429999948, 0.5,
    ]);
    expect(amounts(['1,234,567', '1.234.567'])).toEqual([1234567, 1234567]);
    expect(readNumber('3755.0', 'count', '.')).toBe(3755);
  });

  it('refuses what only looks like a number', () => {
    const cells = [
      'abc',
      '1,23,4',
      '1..5',
      '1.2.3',
      '1,2.3,4',
      '12,34.5',
      '1e5',
      '1.2E+17',
      '.',
      ',',
    ];
    const more = ['12 34', '1-2', '9'.repeat(20), 'Infinity', '0x10', '12abc', 'NaN'];
    expect(amounts([...cells, ...more])).toEqual(Array(17).fill(undefined));
  });

  it('never returns NaN, whatever the cell holds', () => {
    const piece = fc.constantFrom(..."0123456789.,-+ %$€\u00a0'eE".split(''));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, count) => {
        const value = readNumber(pieces.join(''), count ? 'count' : 'amount', '.');
        expect(Number.isNaN(value)).toBe(false);
      }),
    );
  });

  it('reads back every amount of cents in every locale that has unambiguous spelling', () => {
    const locales = fc.constantFrom('en-US', 'de-DE', 'fr-FR', 'de-CH', 'es-ES');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), locales, (cents, locale) => {
        const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
        const spelled = (cents / 100).toLocaleString(locale, digits);
        expect(readNumber(spelled, 'amount', '.')).toBe(cents / 100);
      }),
    );
  });
});

describe('decimalMarkOf', () => {
  it('goes by the unambiguous cells of the file', () => {
    expect(decimalMarkOf(['1,234', '12.50', 'x'], ';')).toBe('.');
    expect(decimalMarkOf(['1.234', '12,50', '2025-07-01'], ',')).toBe(',');
  });

  it('goes by the delimiter when no cell tells', () => {
    expect([
      decimalMarkOf([], ','),
      decimalMarkOf(['1,234'], '\t'),
      decimalMarkOf([], ';'),
    ]).toEqual(['.', '.', ',']);
  });
});
