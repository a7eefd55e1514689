import { describe, expect, it } from '@jest/globals';
import { finished } from '../../shared/steps.js';
import { averagedInOrder, type Comparable } from './comparable-arms.js';

const alike = (rank: number, mean: number = rank): Comparable => ({ likeness: 'same', rank, mean });
const ordered = (averages: number[], arms: Comparable[]): number[] => [
  ...finished(averagedInOrder(Float64Array.from(averages), arms)),
];

describe('averagedInOrder', () => {
  it('leaves averages that obey the order as they are', () => {
    expect(ordered([0.2, 0.3, 0.5], [alike(1), alike(2), alike(3)])).toEqual([0.2, 0.3, 0.5]);
  });

  it('pools neighbours that luck put in the wrong order, and keeps the sum', () => {
    expect(ordered([0.25, 0.5, 0.25], [alike(1), alike(2), alike(3)])).toEqual([
      0.25, 0.375, 0.375,
    ]);
    expect(ordered([0.5, 0.25, 0.25], [alike(1), alike(2), alike(3)])).toEqual([
      1 / 3,
      1 / 3,
      1 / 3,
    ]);
  });

  it('gives equal beliefs equal shares', () => {
    expect(ordered([0.25, 0.75], [alike(4), alike(4)])).toEqual([0.5, 0.5]);
  });

  it('does not compare arms that differ in more than conversions', () => {
    const other = { likeness: 'other', rank: 9, mean: 9 };
    expect(ordered([0.75, 0.25], [alike(1), other])).toEqual([0.75, 0.25]);
  });

  it('does not put more conversions of less value each above fewer of more', () => {
    expect(ordered([0.75, 0.25], [alike(3, 30), alike(4, 20)])).toEqual([0.75, 0.25]);
  });
});
