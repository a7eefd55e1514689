// A log of randomised choices, evaluated whole: three estimates, how much they rest on, and whether
// that is enough to say anything.
import {
  doublyRobust,
  effectiveSampleSize,
  inversePropensity,
  meanWithInterval,
  selfNormalized,
  weightOf,
  type Estimate,
  type ModelledChoice,
} from './estimators.js';
import { crossFitted, type Observed } from './reward-model.js';
import { verdictOn, type Verdict } from './verdict.js';

export interface LoggedRound extends Observed {
  loggedProbability: number;
}

export interface Evaluation {
  rounds: number;
  /** What the logging policy really earned per round. */
  logged: Estimate;
  ips: Estimate;
  snips: Estimate;
  dr: Estimate;
  ess: number;
  /** Doubly robust, paired with the logged rewards round by round. */
  lift: Estimate;
  verdict: Verdict;
}

/** `probability`: the chance that the policy under test takes an action in a context. */
export function evaluateLog(
  rounds: readonly LoggedRound[],
  probability: (context: string, action: string) => number,
): Evaluation {
  const { taken, target } = crossFitted(rounds, probability);
  const log = rounds.map(
    ({ context, action, reward, loggedProbability }, index): ModelledChoice => ({
      reward,
      loggedProbability,
      targetProbability: probability(context, action),
      predictedTaken: taken[index] ?? 0,
      predictedTarget: target[index] ?? 0,
    }),
  );
  const lift = meanWithInterval(
    log.map(
      (choice) =>
        choice.predictedTarget +
        weightOf(choice) * (choice.reward - choice.predictedTaken) -
        choice.reward,
    ),
  );
  const ess = effectiveSampleSize(log);
  return {
    rounds: rounds.length,
    logged: meanWithInterval(rounds.map(({ reward }) => reward)),
    ips: inversePropensity(log),
    snips: selfNormalized(log),
    dr: doublyRobust(log),
    ess,
    lift,
    verdict: verdictOn(lift, ess),
  };
}
