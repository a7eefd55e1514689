// A budget decision: load beliefs, decide (pure), keep the record. Called by its controller and by
// the plan; before it `beliefs.service`, after it execution's `decision-queue`.
import { MAX_CHANGE_PCT_24H } from '../../shared/budget-steps.js';
import { Injectable } from '@nestjs/common';
import { AccountScope, type Account } from '../../accounts/index.js';
import { BeliefsService, CreativeInsights } from '../../learning/index.js';
import { Breather, DomainError, freshSeed, toMinor } from '../../shared/index.js';
import { mapped } from '../../shared/steps.js';
import { allocationAd, wantedIn, type Reaches } from './allocation-input.js';
import type { Refusal } from '../split/allocation-types.js';
import { deciding } from './decide.js';
import type { DecisionAnswer } from './decision-answer.js';
import { decisionInputs } from './decision-inputs.js';
import { DecisionsService, type DecisionRow, type Replay } from './decisions.service.js';
import { DecisionsToQueue, tooOld } from './decisions-to-queue.service.js';
import { StaleDecision } from './stale-decision.js';
import { requestedPolicy } from '../policies/requested-policy.js';
import type { Policy } from '../split/policy.js';

export interface AllocationRequest {
  /** Major units, whole minor ones. */
  totalBudget: number;
  /** The default when left out. */
  policy?: Policy;
  campaignId?: string;
  adIds?: string[];
  asOf: Date;
  seed?: number;
  apply: boolean;
  /** null = no limit; left out = 20 %. */
  maxStepPct?: number | null;
  /** Asked of execution's guards beforehand, so that the split wants only what it can get. */
  reach?: Reaches;
  requestedBy: string;
}

export type DecisionReply = { decision_id: string } & DecisionAnswer;

@Injectable()
export class SamplingService {
  constructor(
    private readonly beliefs: BeliefsService,
    private readonly insights: CreativeInsights,
    private readonly decisions: DecisionsService,
    private readonly queue: DecisionsToQueue,
    private readonly scope: AccountScope,
  ) {}

  /**
   * @throws DomainError 422 `sampling.no_ads`, `sampling.below_floors`, `sampling.unknown_ads`; 409
   * `sampling.decision_stale` where it is to be applied and it is too late for that.
   */
  async allocate(
    account: Account,
    request: AllocationRequest,
    signal?: AbortSignal,
  ): Promise<DecisionReply> {
    if (request.apply) {
      const stale = tooOld(request.asOf, await this.scope.now(account));
      if (stale !== null) throw new StaleDecision(stale);
    }
    const key = request.apply ? null : keyOf(request);
    return this.beliefs.inTurn(account, key, () => this.allocateNow(account, request), signal);
  }

  /** Whether the stored inputs of a decision still give its answer. */
  replay(account: Account, decision: DecisionRow): Promise<Replay> {
    const key = JSON.stringify(['replay', decision.decisionId]);
    return this.beliefs.inTurn(account, key, () => this.decisions.replay(decision));
  }

  private async allocateNow(account: Account, request: AllocationRequest): Promise<DecisionReply> {
    const scope = { campaignId: request.campaignId ?? null, adIds: request.adIds ?? null };
    const beliefs = await this.beliefs.forDecision(account, request.asOf, {
      wants: wantedIn(scope),
    });
    refuseUnknown(scope.adIds, new Set(beliefs.all.map(({ ad }) => ad.adId)));
    const { arms, all, prior } = beliefs;
    const { knowledge } = prior;
    const insights = await this.insights.of(account, arms, { all, knowledge });
    const { asOf, reach } = request;
    const breather = new Breather();
    const inputs = decisionInputs(account, {
      asOf,
      seed: request.seed ?? freshSeed(),
      totalMinor: toMinor(request.totalBudget, account.currency),
      maxStepPct: request.maxStepPct === undefined ? MAX_CHANGE_PCT_24H : request.maxStepPct,
      valueKnown: prior.account.value.source !== 'unit',
      ads: await breather.through(
        mapped(arms, (arm) => allocationAd(arm, asOf, insights.get(arm.ad.adId), reach)),
      ),
    });
    const policy = request.policy ?? requestedPolicy();
    const answer = await breather.through(deciding(inputs, policy));
    if ('code' in answer) throw refused(answer);
    const { accountId } = account;
    if (request.apply) {
      const adIds = answer.recommendations.map(({ ad_id }) => ad_id);
      const now = await this.scope.now(account);
      const stale = await this.queue.stalenessOf(accountId, asOf, adIds, now);
      if (stale !== null) throw new StaleDecision(stale);
    }
    const decisionId = await this.decisions.record(accountId, inputs, answer, {
      requestedBy: request.requestedBy,
      applyMode: request.apply ? 'live' : null,
    });
    return { decision_id: decisionId, ...answer };
  }
}

/** Requests of equal keys are answered with one decision. */
function keyOf({ policy, asOf, reach, ...asked }: AllocationRequest): string {
  const names = { policy: policy?.name, asOf: asOf.getTime(), reach: reach && [...reach] };
  return JSON.stringify(['allocate', names, asked]);
}

function refuseUnknown(adIds: string[] | null, known: Set<string>): void {
  const unknown = [...(adIds ?? []).entries()].filter(([, adId]) => !known.has(adId));
  if (unknown.length === 0) return;
  throw new DomainError(
    422,
    'sampling.unknown_ads',
    `${unknown.length} of the ads named are not ads of this account that carry a budget.`,
    {
      errors: unknown.slice(0, 100).map(([index]) => ({
        pointer: `/ad_ids/${index}`,
        detail: 'is not an ad with its own budget',
      })),
    },
  );
}

function refused({ code, detail }: Refusal): DomainError {
  return new DomainError(422, code, detail);
}
