import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../src/shared/random.js';
import {
  doublyRobust,
  effectiveSampleSize,
  inversePropensity,
  selfNormalized,
  type LoggedChoice,
} from '../bench/ope/estimators.js';
import { evaluateLog, type LoggedRound } from '../bench/ope/evaluate-log.js';
import { verdictOn } from '../bench/ope/verdict.js';

const choice = (reward: number, logged: number, target: number): LoggedChoice => ({
  reward,
  loggedProbability: logged,
  targetProbability: target,
});

describe('off-policy estimates', () => {
  it('weighs each reward by how much likelier the policy under test is to take the action', () => {
    // Two actions, logged evenly; the new policy takes the first three times in four.
    const log = [choice(1, 0.5, 0.75), choice(0, 0.5, 0.25)];
    expect(inversePropensity(log).estimate).toBeCloseTo(0.75, 12);
    expect(selfNormalized(log).estimate).toBeCloseTo(0.75, 12);
    expect(effectiveSampleSize(log)).toBeCloseTo(4 / 2.5, 12);
  });

  it('gives the plain mean and its plain interval when both policies are the same', () => {
    const log = [0, 1, 0, 0, 1].map((reward) => choice(reward, 0.2, 0.2));
    const expected = { estimate: 0.4, lo: 0.4 - 0.4801, hi: 0.4 + 0.4801 };
    for (const estimate of [inversePropensity(log), selfNormalized(log)]) {
      expect(estimate.estimate).toBeCloseTo(expected.estimate, 12);
      expect(estimate.lo).toBeCloseTo(expected.lo, 3);
      expect(estimate.hi).toBeCloseTo(expected.hi, 3);
    }
    expect(effectiveSampleSize(log)).toBeCloseTo(5, 12);
  });

  it('is exact with a perfect model, whatever the log', () => {
    const log = [0.3, 0.7].map((reward) => ({
      ...choice(reward, 0.9, 0.1),
      predictedTaken: reward,
      predictedTarget: 0.5,
    }));
    expect(doublyRobust(log)).toEqual({ estimate: 0.5, lo: 0.5, hi: 0.5 });
  });

  it('refuses a log in which something was chosen without a chance', () => {
    expect(() => inversePropensity([choice(1, 0, 0.5)])).toThrow(RangeError);
  });

  it('covers the truth in about 95 of 100 logs', () => {
    const rates = [0.02, 0.05, 0.08];
    const target = [0.1, 0.3, 0.6];
    const truth = 0.02 * 0.1 + 0.05 * 0.3 + 0.08 * 0.6;
    const covered = { ips: 0, snips: 0, dr: 0 };
    const logs = 200;
    for (let seed = 1; seed <= logs; seed += 1) {
      const random = new SeededRandom(seed);
      const rounds = Array.from({ length: 2000 }, (): LoggedRound => {
        const action = Math.floor(random.uniform() * 3);
        const reward = random.uniform() < (rates[action] ?? 0) ? 1 : 0;
        return { context: 'page', action: String(action), reward, loggedProbability: 1 / 3 };
      });
      const found = evaluateLog(rounds, (_, action) => target[Number(action)] ?? 0);
      for (const name of ['ips', 'snips', 'dr'] as const) {
        const { lo, hi } = found[name];
        if (lo !== null && hi !== null && lo <= truth && truth <= hi) covered[name] += 1;
      }
    }
    // 200 logs: two standard errors of a 95 % coverage are 3 points.
    for (const count of Object.values(covered)) expect(count / logs).toBeGreaterThan(0.91);
  });

  it('says nothing below an effective sample of 1,000 or while no difference is possible', () => {
    const clear = { estimate: 0.2, lo: 0.1, hi: 0.3 };
    expect(verdictOn(clear, 999)).toBeNull();
    expect(verdictOn(clear, 1000)).toBe('better');
    expect(verdictOn({ estimate: -0.2, lo: -0.3, hi: -0.1 }, 5000)).toBe('worse');
    expect(verdictOn({ estimate: 0.2, lo: -0.1, hi: 0.5 }, 5000)).toBeNull();
    expect(verdictOn({ estimate: 0.2, lo: null, hi: null }, 5000)).toBeNull();
  });

  it('answers an empty log with nothing', () => {
    expect(evaluateLog([], () => 1)).toMatchObject({ rounds: 0, ess: 0, verdict: null });
  });
});
