import { describe, expect, it } from '@jest/globals';
import { playSeed } from './contest.js';

const request = {
  world: 'ecom' as const,
  ads: 12,
  historyDays: 7,
  days: 10,
  startAt: Date.UTC(2026, 0, 5),
  currency: 'USD',
  horizonDays: 37,
};

describe('playSeed', () => {
  it('is the same for the same seed', () => {
    const short = { ...request, seed: 3, days: 2, historyDays: 2 };
    expect(playSeed(short)).toEqual(playSeed(short));
  });

  it('lets the oracle earn most and learning more than an even split, over several seeds', () => {
    const played = Array.from({ length: 3 }, (_, index) =>
      playSeed({ ...request, seed: index + 1 }),
    );
    const sum = (key: 'loopgain' | 'uniform' | 'oracle') =>
      played.reduce((total, earned) => total + earned[key], 0);
    expect(sum('loopgain')).toBeGreaterThan(sum('uniform'));
    expect(sum('oracle')).toBeGreaterThan(sum('loopgain'));
    for (const { uniform, oracle } of played) expect(oracle).toBeGreaterThan(uniform);
  });
});
