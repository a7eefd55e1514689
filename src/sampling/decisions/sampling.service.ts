// A budget decision: load beliefs, decide (pure), keep the record.
import { Injectable } from '@nestjs/common';
import type { Account } from '../../accounts/index.js';
import {
  BeliefsService,
  CreativeInsights,
  type AccountBeliefs,
  type BelievedArm,
  type CreativeInsight,
} from '../../learning/index.js';
import {
  DomainError,
  currencyOffset,
  freshSeed,
  isWholeMinor,
  toMinor,
  type InputFault,
} from '../../shared/index.js';
import { allocationAd, armsInScope, type Reaches } from './allocation-input.js';
import type { Refusal } from '../split/allocation-types.js';
import { conversionUnit } from '../split/conversion-unit.js';
import { decide } from './decide.js';
import type { DecisionAnswer, DecisionInputs } from './decision-answer.js';
import { DecisionsService } from './decisions.service.js';
import { requestedPolicy } from '../policies/requested-policy.js';

const DEFAULT_STEP_PCT = 20;

export interface AllocationRequest {
  totalBudget: number;
  policy?: string;
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
  ) {}

  /** @throws DomainError 422 `sampling.no_ads`, `sampling.below_floors`, `sampling.unknown_ads`. */
  async allocate(account: Account, request: AllocationRequest): Promise<DecisionReply> {
    const policy = requestedPolicy(request.policy);
    refuseFractions(account, request);
    const beliefs = await this.beliefs.ofAccount(account, request.asOf);
    const arms = armsAsked(request, beliefs);
    const insights = await this.insights.of(account, arms, beliefs);
    const inputs = inputsOf(account, request, beliefs, { arms, insights });
    const answer = decide(inputs, policy);
    if ('code' in answer) throw refused(answer);
    const { accountId } = account;
    const decisionId = await this.decisions.record(accountId, inputs, answer, {
      requestedBy: request.requestedBy,
      applyMode: request.apply ? 'live' : null,
    });
    return { decision_id: decisionId, ...answer };
  }
}

function refuseFractions({ currency }: Account, { totalBudget }: AllocationRequest): void {
  if (isWholeMinor(totalBudget, currency)) return;
  const smallest = 1 / currencyOffset(currency);
  const errors: InputFault[] = [
    { pointer: '/total_budget', detail: `must be a multiple of ${smallest} ${currency}` },
  ];
  throw new DomainError(400, 'request.invalid', `/total_budget ${errors[0]?.detail}.`, { errors });
}

function armsAsked(request: AllocationRequest, { arms }: AccountBeliefs): BelievedArm[] {
  const { campaignId = null, adIds = null } = request;
  refuseUnknown(adIds, new Set(arms.map(({ ad }) => ad.adId)));
  return armsInScope(arms, { campaignId, adIds });
}

function inputsOf(
  account: Account,
  request: AllocationRequest,
  beliefs: AccountBeliefs,
  asked: { arms: BelievedArm[]; insights: ReadonlyMap<string, CreativeInsight> },
): DecisionInputs {
  const { currency, settings } = account;
  const { arms, insights } = asked;
  const { asOf, reach, maxStepPct = DEFAULT_STEP_PCT } = request;
  return {
    allocation: {
      asOf: asOf.getTime(),
      seed: request.seed ?? freshSeed(),
      totalMinor: toMinor(request.totalBudget, currency),
      maxStepPct,
      killMinSpendMinor: toMinor(settings.kill_min_spend, currency),
      conversionsAsValue: beliefs.account.value.source === 'unit' ? conversionUnit(currency) : null,
      ads: arms.map((arm) => allocationAd(arm, asOf, insights.get(arm.ad.adId), reach)),
    },
    currency,
    maxStepPct,
    minProbabilityBetter: settings.min_probability_better,
  };
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
        detail: 'is no ad of the account that carries a budget',
      })),
    },
  );
}

function refused({ code, detail }: Refusal): DomainError {
  return new DomainError(422, code, detail);
}
