import { describe, expect, it } from '@jest/globals';
import { budgetReplay, type ReplayedDecision } from './budget-replay.js';
import { meanInterval } from './mean-interval.js';

const decision = (day: number, recorded: number, candidate: number): ReplayedDecision => ({
  day: `2026-11-${String(day).padStart(2, '0')}`,
  recorded,
  candidate,
});

describe('the replay of budget decisions', () => {
  it('averages the decisions of a day and pairs the days', () => {
    const replay = budgetReplay([decision(2, 100, 110), decision(1, 10, 12), decision(1, 30, 32)]);
    expect(replay.days).toEqual([
      { day: '2026-11-01', decisions: 2, recorded: 20, candidate: 22 },
      { day: '2026-11-02', decisions: 1, recorded: 100, candidate: 110 },
    ]);
    expect(replay.difference.mean).toBe(6);
    expect(replay.lift).toBeCloseTo(0.1, 12);
  });

  it('gives a verdict after seven days whose differences leave no doubt, not before', () => {
    const days = (count: number, sign: number) =>
      Array.from({ length: count }, (_, i) =>
        decision(i + 1, 100 * i + 1, 100 * i + 1 + sign * (5 + i)),
      );
    expect(budgetReplay(days(7, 1)).verdict).toBe('better');
    expect(budgetReplay(days(7, -1)).verdict).toBe('worse');
    expect(budgetReplay(days(6, 1)).verdict).toBeNull();
    const mixed = days(9, 1).map((one, i) =>
      i % 2 ? one : { ...one, candidate: one.recorded - 9 },
    );
    expect(budgetReplay(mixed).verdict).toBeNull();
  });

  it('says nothing of nothing', () => {
    expect(budgetReplay([])).toMatchObject({ days: [], lift: null, verdict: null });
    expect(budgetReplay([]).recorded).toEqual({ mean: null, lo: null, hi: null });
  });

  it("uses Student's interval", () => {
    const { lo, hi } = meanInterval([1, 2, 3]);
    expect(hi).toBeCloseTo(2 + 4.3026527 / Math.sqrt(3), 5);
    expect(lo).toBeCloseTo(2 - 4.3026527 / Math.sqrt(3), 5);
  });
});
