import { describe, expect, it } from '@jest/globals';
import { knownPerson } from './known-person.js';

const text = 'Zebediah Quux, zebediah.quux, 0151 2345 6789, the rose of Ann Lee, J%C3%B6rgen';
const of = (userData: Record<string, unknown>) => knownPerson(userData, text);

describe('the person an event tells of', () => {
  it('is found by name, and by number however it is written', () => {
    const person = of({ fn: 'Zebediah', ln: ['Quux'], ph: '+49 151 23456789' });
    expect(person.without('for Zebediah Quux!')).toBe('for [removed]!');
    expect(person.isIn('/thanks/zebediah/')).toBe(true);
    expect(person.isIn('Zebediahs')).toBe(false);
    expect(person.without('call 0151/2345 6789 or 4915123456789')).toBe(
      'call [removed] or [removed]',
    );
    expect(person.isWhollyIn('order zebediah.quux')).toBe(true);
    expect(person.isWhollyIn('order-quux-zebediah')).toBe(true);
    expect(person.isWhollyIn('order-zebediah')).toBe(false);
    expect(person.isWhollyIn('zebediah%2520quux')).toBe(true);
    expect(person.whole.without('zebediah or Zebediah Quux')).toBe('zebediah or [removed]');
  });

  it('is not taken for a word: short names count only together, ids need the whole name', () => {
    const person = of({ fn: 'Rose', ln: 'Lee' });
    expect(person.isIn('the rose of')).toBe(false);
    expect(of({ fn: 'ann', ln: 'LEE' }).isIn('Ann-Lee')).toBe(true);
    expect(of({ fn: 'Zebediah' }).isWhollyIn('zebediah')).toBe(false);
  });

  it('is nobody where the caller hashed, or where nothing else names them', () => {
    const hash = 'a'.repeat(64);
    expect(of({ fn: hash, ph: hash }).isIn(hash)).toBe(false);
    expect(of({ fn: 'Elsewhere' }).isIn('elsewhere')).toBe(false);
    expect(of({ fn: 'J\u00f6rgen' }).isIn('j\u00f6rgen')).toBe(true);
    expect(of({ fn: '(.*' }).isIn('anything')).toBe(false);
  });
});
