import { describe, expect, it } from '@jest/globals';
import { aloneAboveCeiling, ceilingVerdict, dayBudgets, spendsMinor } from './daily-ceiling.js';

const HOUR = 3_600_000;
const budgets = dayBudgets(
  [
    { adId: 'a', dailyBudgetMinor: 400 },
    { adId: 'b', dailyBudgetMinor: 500 },
  ],
  [
    { adId: 'b', minor: 600, isUnderWay: false },
    { adId: 'b', minor: 550, isUnderWay: false },
    { adId: 'c', minor: 100, isUnderWay: true },
  ],
);
const verdict = (adId: string, toMinor: number, ceilingMinor: number) =>
  ceilingVerdict(adId, toMinor, { ceilingMinor, budgets, millisToDayEnd: 5 * HOUR });

describe('the daily ceiling', () => {
  it('counts every object with its highest budget of the day, and what is just being written', () => {
    expect([...budgets]).toEqual([
      ['a', { liveMinor: 400, highMinor: 400 }],
      ['b', { liveMinor: 500, highMinor: 600 }],
      ['c', { liveMinor: 100, highMinor: 100 }],
    ]);
  });

  it('allows exactly the ceiling, and names the worst case where it refuses', () => {
    expect(verdict('a', 500, 1200)).toBe(null);
    expect(verdict('a', 501, 1101)).toEqual({
      kind: 'deferred',
      code: 'execution.daily_spend_ceiling',
      detail:
        'the budgets of the day would add up to 1201 minor units, the ceiling is 1101 ' +
        '(worst case of such a day: 2102)',
      waitMillis: 5 * HOUR,
    });
  });

  it('waits for the next day only where the next day has room', () => {
    expect(verdict('a', 502, 1101)?.kind).toBe('blocked');
    expect(verdict('a', 501, 1101)?.kind).toBe('deferred');
  });

  it('lets pass what adds nothing to the day: a cut, and the way back to its highest', () => {
    expect(verdict('b', 600, 10)).toBe(null);
    expect(verdict('b', 601, 10)?.kind).toBe('blocked');
  });

  it('asks only about raises of what runs, and about what starts to run', () => {
    const raise = { changeType: 'budget', requestedMinor: 500, requestedStatus: null };
    const start = { changeType: 'status', requestedMinor: null, requestedStatus: 'active' };
    const live = (status: string) => ({ status, dailyBudgetMinor: 400 });
    expect(spendsMinor(raise, live('active'))).toBe(500);
    expect(spendsMinor({ ...raise, requestedMinor: 400 }, live('active'))).toBe(null);
    expect(spendsMinor(raise, live('paused'))).toBe(null);
    expect(spendsMinor(start, live('paused'))).toBe(400);
    expect(spendsMinor(start, live('active'))).toBe(null);
    expect(spendsMinor({ ...start, requestedStatus: 'paused' }, live('active'))).toBe(null);
  });

  it('refuses at the door a budget that is too much all by itself', () => {
    expect(aloneAboveCeiling(1000, 1000)).toBe(null);
    expect(aloneAboveCeiling(1000, null)).toBe(null);
    expect(aloneAboveCeiling(null, 1000)).toBe(null);
    expect(aloneAboveCeiling(1001, 1000)?.code).toBe('execution.daily_spend_ceiling');
  });
});
