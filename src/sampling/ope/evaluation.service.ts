// Another policy on what was recorded: load the decisions, compute both (pure), answer.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Account } from '../../accounts/index.js';
import { DomainError, localDay } from '../../shared/index.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { ASSUMPTIONS, budgetReplay, replayed, type ReplayedDecision } from './budget-replay.js';
import type { MeanInterval } from './mean-interval.js';
import type { Policy } from '../split/policy.js';

/**
 * A year of daily decisions of one scope; a thousand large ones would block a server for minutes.
 */
const DECISIONS_MAX = 366;
/** Ads over all decisions replayed: about ten seconds of one core. */
const ADS_MAX = 50_000;

@Injectable()
export class EvaluationService {
  constructor(private readonly decisions: DecisionsService) {}

  /**
   * Choices of content would be weighed by the probabilities they were logged with; this server has
   * logged none, and what rests on nothing is not known.
   */
  content(policy: Policy, from: Date, to: Date) {
    return {
      over: 'content' as const,
      policy: policy.name,
      from: from.toISOString(),
      to: to.toISOString(),
      method: 'importance_weighting' as const,
      ...{ choices: 0, ips: null, snips: null, dr: null, ess: 0, lift: null, verdict: null },
      reason: 'No choice of content was logged with its probability in that span.',
    };
  }

  /** @throws DomainError 422 `sampling.no_decisions` when the span holds none. */
  async budgets(account: Account, policy: Policy, from: Date, to: Date) {
    const found = await this.decisions.between(account.accountId, from, to, DECISIONS_MAX);
    if (found.length === 0) {
      throw new DomainError(422, 'sampling.no_decisions', 'No decision was recorded in that span.');
    }
    const made: ReplayedDecision[] = [];
    let ads = 0;
    let refused = 0;
    for (const { asOf, inputs, answer } of found) {
      ads += inputs.allocation.ads.length;
      if (ads > ADS_MAX && made.length > 0) break;
      const day = localDay(asOf, account.timezone);
      const one = replayed(day, inputs, answer, policy);
      if (one) made.push(one);
      else refused += 1;
      // Each replay is pure arithmetic; between two of them others are served.
      await nextTurn();
    }
    const replay = budgetReplay(made);
    return {
      over: 'budgets' as const,
      policy: policy.name,
      from: from.toISOString(),
      to: to.toISOString(),
      method: 'model_replay' as const,
      assumptions: [...ASSUMPTIONS],
      ips: null,
      snips: null,
      dr: null,
      ess: null,
      decisions: made.length,
      decisions_left_out: found.length - made.length - refused,
      decisions_refused: refused,
      days: replay.days,
      recorded: shown(replay.recorded),
      candidate: shown(replay.candidate),
      difference: shown(replay.difference),
      lift: replay.lift,
      verdict: replay.verdict,
    };
  }
}

function shown({ mean, lo, hi }: MeanInterval) {
  return { estimate: mean, lo, hi };
}
