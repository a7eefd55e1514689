import { describe, expect, it } from '@jest/globals';
import { BoundedStore } from './bounded-store.js';
import { CacheFigures, upperBound } from './cache-figures.js';
import { agree, marksOf } from './text-marks.js';
import { similarity, textVector } from './text-vector.js';

describe('the bound on wrong hits', () => {
  it('is that of Clopper and Pearson', () => {
    // Zero wrong: 1 − .05^(1/n); 299 is the least number that proves under 1 %.
    expect(upperBound(0, 299)).toBeCloseTo(1 - 0.05 ** (1 / 299), 9);
    expect(upperBound(0, 299)).toBeLessThan(0.01);
    expect(upperBound(0, 298)).toBeGreaterThan(0.01);
    // Quantile .95 of Beta(6, 95) and of Beta(2, 9), from tables.
    expect(upperBound(5, 100)).toBeCloseTo(0.10225, 4);
    expect(upperBound(1, 10)).toBeCloseTo(0.3942, 3);
    expect(upperBound(3, 3)).toBe(1);
  });

  it('stands beside the mean error, and both are unknown before the first recomputation', () => {
    const figures = new CacheFigures();
    expect(figures.total(null)).toMatchObject({ hit_rate: null, mean_abs_score_error: null });
    figures.count({ scope: 'a', kind: 'patterns' }, 'miss');
    figures.count({ scope: 'a', kind: 'patterns' }, 'exact');
    figures.count({ scope: 'a', kind: 'creatives' }, 'semantic');
    figures.recomputed({ scope: 'a', kind: 'patterns' }, 0.02, true);
    figures.recomputed({ scope: 'a', kind: 'patterns' }, 0, false);
    expect(figures.total(null)).toMatchObject({
      ...{ exact_hits: 1, semantic_hits: 1, misses: 1, recomputed: 2, wrong_hits: 1 },
      ...{ hit_rate: 2 / 3, mean_abs_score_error: 0.01 },
    });
    expect(figures.byKind(null)['creatives']).toMatchObject({ wrong_hit_upper_bound: null });
  });

  it('is told of one scope without the others', () => {
    const figures = new CacheFigures();
    figures.count({ scope: 'a', kind: 'patterns' }, 'miss');
    figures.count({ scope: 'b', kind: 'patterns' }, 'exact');
    expect(figures.total('a')).toMatchObject({ exact_hits: 0, misses: 1 });
    expect(figures.byKind('b')['patterns']).toMatchObject({ exact_hits: 1, misses: 0 });
    expect(figures.total('nobody')).toMatchObject({ exact_hits: 0, misses: 0, hit_rate: null });
  });
});

describe('the similarity of texts', () => {
  it('is 1 for the same words, high for near-copies, low for others', () => {
    const text = textVector('Handmade leather shoes for long walks');
    expect(similarity(text, textVector('handmade LEATHER shoes, for long walks'))).toBeCloseTo(
      1,
      6,
    );
    expect(similarity(text, textVector('Handmade leather shoes for longer walks'))).toBeGreaterThan(
      0.85,
    );
    expect(similarity(text, textVector('Book a dentist appointment online'))).toBeLessThan(0.3);
    expect(similarity(text, textVector(''))).toBe(0);
  });

  it('leaves to the marks what no similarity tells', () => {
    expect(agree(marksOf('Shoes for 20 €'), marksOf('Shoes for 20 €'))).toBe(true);
    expect(agree(marksOf('Shoes for 20 €'), marksOf('Shoes for 25 €'))).toBe(false);
    expect(agree(marksOf("It doesn't leak"), marksOf('It does leak'))).toBe(false);
    expect(agree(marksOf('made in Porto'), marksOf('made in Lyon'))).toBe(false);
    expect(agree(marksOf('Nike shoes for all'), marksOf('Adidas shoes for all'))).toBe(false);
    expect(agree(marksOf('Cheap shoes for all'), marksOf('Affordable shoes for all'))).toBe(true);
    expect(agree(marksOf('Stop running'), marksOf('Start running'))).toBe(false);
    expect(agree(marksOf('the NIKE shoes'), marksOf('the ADIDAS shoes'))).toBe(false);
    expect(agree(marksOf('two shoes for 5 €'), marksOf('three shoes for 5 €'))).toBe(false);
    expect(agree(marksOf('shoes for 5 €'), marksOf('shoes for 5 $'))).toBe(false);
    expect(agree(marksOf('это не вода'), marksOf('это вода'))).toBe(false);
    expect(agree(marksOf('这不防水'), marksOf('这防水'))).toBe(false);
    expect(agree(marksOf('BUY SHOES NOW'), marksOf('buy shoes now'))).toBe(true);
    expect(agree(marksOf('We love the shoes'), marksOf('we love these shoes'))).toBe(true);
  });
});

describe('the memory shelf', () => {
  it('forgets what was used longest ago', () => {
    const store = new BoundedStore(2);
    store.set('a', 1).set('b', 2);
    store.get('a');
    store.set('c', 3);
    expect([...store.keys()]).toEqual(['a', 'c']);
  });
});
