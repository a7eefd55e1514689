// Another policy on what was recorded: load the decisions, compute both (pure), answer.
import { Injectable } from '@nestjs/common';
import type { Account } from '../../accounts/index.js';
import { BeliefsService } from '../../learning/index.js';
import { Breather, DomainError, localDay } from '../../shared/index.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { ASSUMPTIONS, budgetReplay, earnedBy, type ReplayedDecision } from './budget-replay.js';
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
  constructor(
    private readonly beliefs: BeliefsService,
    private readonly decisions: DecisionsService,
  ) {}

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
    const key = JSON.stringify(['evaluate', policy.name, from, to]);
    return this.beliefs.inTurn(account, key, () => this.budgetsNow(account, policy, from, to));
  }

  private async budgetsNow(account: Account, policy: Policy, from: Date, to: Date) {
    const { accountId, timezone } = account;
    const span = { from, to };
    const found = await this.decisions.between(accountId, span, DECISIONS_MAX);
    if (found.length === 0) {
      throw new DomainError(422, 'sampling.no_decisions', 'No decision was recorded in that span.');
    }
    const chosen = within(found, ADS_MAX);
    const made: ReplayedDecision[] = [];
    const breather = new Breather();
    // One after the other: the inputs of a large decision are megabytes.
    for (const { decisionId, asOf, proposed } of chosen) {
      const inputs = await this.decisions.inputsOf(accountId, decisionId);
      const candidate = await breather.through(earnedBy(inputs, policy));
      if (candidate === null) continue;
      made.push({ day: localDay(asOf, timezone), recorded: proposed, candidate });
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
      decisions_left_out: found.length - chosen.length,
      decisions_refused: chosen.length - made.length,
      days: replay.days,
      recorded: shown(replay.recorded),
      candidate: shown(replay.candidate),
      difference: shown(replay.difference),
      lift: replay.lift,
      verdict: replay.verdict,
    };
  }
}

/** The first decisions whose ads are not too many in all, and one in any case. */
function within<T extends { ads: number }>(decisions: readonly T[], adsMax: number): T[] {
  let ads = 0;
  return decisions.filter(({ ads: own }, index) => {
    ads += own;
    return index === 0 || ads <= adsMax;
  });
}

function shown({ mean, lo, hi }: MeanInterval) {
  return { estimate: mean, lo, hi };
}
