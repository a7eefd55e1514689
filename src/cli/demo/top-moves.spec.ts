import { describe, expect, it } from '@jest/globals';
import { advanceWorld, createWorld, expectedEarnedValue } from '../../platforms/index.js';
import { budgetsWithout, movesOf, replay, weighMoves, type PlayedDay } from './top-moves.js';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 5);

function day(index: number, before: Record<string, number>, after: Record<string, number>) {
  const reasons = Object.fromEntries(Object.keys(after).map((id) => [id, `day ${index}`]));
  return { at: START + index * DAY, before, after, reasons };
}

describe('movesOf', () => {
  it('joins the steps of one ad in one direction, over days of rest as well', () => {
    const days: PlayedDay[] = [
      day(0, { a: 100, b: 100 }, { a: 120, b: 80 }),
      day(1, { a: 120, b: 80 }, { a: 120, b: 80 }),
      day(2, { a: 120, b: 80 }, { a: 144, b: 90 }),
    ];
    expect(movesOf(days)).toEqual([
      {
        adId: 'a',
        firstDay: 0,
        lastDay: 2,
        steps: 2,
        fromMinor: 100,
        toMinor: 144,
        reason: 'day 0',
      },
      {
        adId: 'b',
        firstDay: 0,
        lastDay: 0,
        steps: 1,
        fromMinor: 100,
        toMinor: 80,
        reason: 'day 0',
      },
      { adId: 'b', firstDay: 2, lastDay: 2, steps: 1, fromMinor: 80, toMinor: 90, reason: 'day 2' },
    ]);
  });
});

describe('budgetsWithout', () => {
  const days = [
    day(0, { a: 100, b: 100, c: 50 }, { a: 100, b: 100, c: 50 }),
    day(1, { a: 100, b: 100, c: 50 }, { a: 130, b: 80, c: 40 }),
    day(2, { a: 130, b: 80, c: 40 }, { a: 160, b: 60, c: 30 }),
  ];
  const [move] = movesOf(days);

  it('takes every step back from its day on and gives the money to the others', () => {
    expect(move).toMatchObject({ adId: 'a', steps: 2 });
    expect(budgetsWithout(move!, days, 0)).toEqual({ a: 100, b: 100, c: 50 });
    expect(budgetsWithout(move!, days, 1)).toEqual({ a: 100, b: 100, c: 50 });
    expect(budgetsWithout(move!, days, 2)).toEqual({ a: 100, b: 100, c: 50 });
  });

  it('keeps the sum of the day', () => {
    for (const one of movesOf(days)) {
      days.forEach(({ after }, index) => {
        const sum = (budgets: Record<string, number>) =>
          Object.values(budgets).reduce((total, budget) => total + budget, 0);
        expect(sum(budgetsWithout(one, days, index))).toBe(sum(after));
      });
    }
  });
});

describe('weighMoves', () => {
  const start = createWorld({
    seed: 5,
    world: 'ecom',
    startAt: START,
    currency: 'USD',
    ads: ['good', 'bad', 'other'].map((adId) => ({
      adId,
      campaignId: 'c',
      dailyBudgetMinor: 10_000,
      truth: { cvr: adId === 'good' ? 0.06 : adId === 'bad' ? 0.005 : 0.03 },
    })),
  });
  const even = { good: 10_000, bad: 10_000, other: 10_000 };
  const better = { good: 12_000, bad: 8_000, other: 10_000 };
  const days = [day(0, even, better), day(1, better, better), day(2, better, better)];

  it('repeats the world to the last draw', () => {
    const untouched = [day(0, even, even), day(1, even, even)];
    expect(replay(start, untouched)).toEqual(advanceWorld(start, START + 2 * DAY));
  });

  it('finds that money was moved from worse to better', () => {
    const moves = weighMoves(start, days);
    expect(moves.map(({ adId }) => adId).sort()).toEqual(['bad', 'good']);
    expect(moves.every(({ broughtMinor }) => broughtMinor > 0)).toBe(true);
  });

  it('finds the same moves the other way round a loss', () => {
    const worse = { good: 8_000, bad: 12_000, other: 10_000 };
    const moves = weighMoves(start, [day(0, even, worse), day(1, worse, worse)]);
    expect(moves.every(({ broughtMinor }) => broughtMinor < 0)).toBe(true);
    expect(expectedEarnedValue(start)).toBe(0);
  });
});
