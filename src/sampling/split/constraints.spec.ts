import { describe, expect, it } from '@jest/globals';
import { anAd } from '../../../test/fixtures/allocation.js';
import type { AllocationAd } from './allocation-types.js';
import { boundsOf, type Bounds } from './constraints.js';

const bounded = (changes: Partial<AllocationAd>, maxStepPct: number | null = 20): Bounds =>
  boundsOf(anAd('a', {}, changes), maxStepPct);
const free: Bounds = { lo: 0, hi: Infinity, loBy: null, hiBy: null };

describe('boundsOf', () => {
  it('rounds the step inwards, so that no rounding passes it', () => {
    expect(bounded({ currentMinor: 1_001 })).toEqual({
      lo: 801,
      hi: 1_201,
      loBy: 'step',
      hiBy: 'step',
    });
    expect(bounded({ currentMinor: 3 })).toEqual({ lo: 3, hi: 3, loBy: 'step', hiBy: 'step' });
    expect(bounded({ currentMinor: 100 }, 10)).toMatchObject({ lo: 90, hi: 110 });
  });

  it('sets no step limit on a budget of zero or none, or when there is no limit', () => {
    expect(bounded({ currentMinor: 0 })).toEqual(free);
    expect(bounded({ currentMinor: null })).toEqual(free);
    expect(bounded({ currentMinor: 500 }, null)).toEqual(free);
  });

  it('takes the narrower of step, floor and ceiling', () => {
    expect(bounded({ minMinor: 900, maxMinor: 1_100 })).toEqual({
      lo: 900,
      hi: 1_100,
      loBy: 'floor',
      hiBy: 'ceiling',
    });
  });

  it('lets the step win over a floor or ceiling outside its window, going as far as one step', () => {
    expect(bounded({ minMinor: 5_000 })).toEqual({
      lo: 1_200,
      hi: 1_200,
      loBy: 'step',
      hiBy: 'step',
    });
    expect(bounded({ maxMinor: 100 })).toEqual({ lo: 800, hi: 800, loBy: 'step', hiBy: 'step' });
  });
});
