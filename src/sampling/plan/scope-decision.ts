// One scope of a plan decided: the money of the day, what the objective makes of it, locks, and
// moves that nobody can be sure enough of. Everything ends in the inputs, so the decision replays
// alone.
import type { PlanScope } from '../../accounts/index.js';
import { conversionUnit } from '../split/conversion-unit.js';
import type { AllocationAd, Refusal } from '../split/allocation-types.js';
import { deciding } from '../decisions/decide.js';
import type { DecisionAnswer, DecisionInputs } from '../decisions/decision-answer.js';
import type { Policy } from '../split/policy.js';
import { spendWithinTarget, type Target } from './objective.js';

/** Each pass holds at least one more ad; what is left after these few moves as it is. */
const CONFIDENCE_PASSES = 4;

export interface ScopeRequest {
  scope: PlanScope;
  /** The inputs with the scope's ads and the money of the day. */
  inputs: DecisionInputs;
  /** The target in minor units: value per spend, or spend per conversion; null for `value`. */
  target: number | null;
  confidenceFloor: number;
  /** Whether revenue is known: without it a ROAS cannot be judged. */
  valueKnown: boolean;
}

export interface ScopeDecision {
  inputs: DecisionInputs;
  answer: DecisionAnswer;
}

export interface ScopeRefusal {
  code: Refusal['code'] | 'sampling.value_unknown' | 'sampling.unknown_policy';
  detail: string;
}

export function* decidingScope(
  request: ScopeRequest,
  policy: Policy,
): Generator<void, ScopeDecision | ScopeRefusal> {
  const { scope, valueKnown, confidenceFloor } = request;
  if (scope.objective === 'target_roas' && !valueKnown) {
    const detail = 'No revenue is known, so no return on spend can be held.';
    return { code: 'sampling.value_unknown', detail };
  }
  let inputs = withObjective(request);
  let answer = yield* deciding(inputs, policy);
  for (let pass = 0; pass < CONFIDENCE_PASSES && !('code' in answer); pass += 1) {
    const unsure = new Set(
      answer.recommendations
        .filter(({ action, confidence }) => action !== 'hold' && confidence < confidenceFloor)
        .map(({ ad_id }) => ad_id),
    );
    if (unsure.size === 0) break;
    inputs = holding(inputs, unsure);
    answer = yield* deciding(inputs, policy);
  }
  return 'code' in answer ? answer : { inputs, answer };
}

/** The ads of a scope, the locked ones held where they stand. */
export function scopeAds(ads: readonly AllocationAd[], scope: PlanScope): AllocationAd[] {
  const { campaign_ids: campaigns, locked_ids: locked = [] } = scope;
  const wanted = campaigns === 'all' ? null : new Set(campaigns);
  const fixed = new Set(locked);
  return (
    ads
      .filter(({ campaignId }) => wanted === null || wanted.has(campaignId))
      .filter(({ status }) => status !== 'archived')
      .map((ad) => (fixed.has(ad.adId) ? { ...ad, locked: true } : ad))
      // A budget that we do not know cannot be held.
      .filter((ad) => !ad.locked || ad.currentMinor !== null)
  );
}

function withObjective({ scope, inputs, target }: ScopeRequest): DecisionInputs {
  const { allocation } = inputs;
  if (target === null) return inputs;
  const byConversions = scope.objective === 'target_cpa';
  const goal: Target = byConversions
    ? { returnMin: 1 / target, counts: 'conversions' }
    : { returnMin: target, counts: 'value' };
  const live = allocation.ads.filter(({ status }) => status === 'active');
  const within = spendWithinTarget(
    live.map(({ posterior }) => posterior),
    allocation.totalMinor,
    goal,
  );
  const floors = live.reduce((sum, { minMinor }) => sum + (minMinor ?? 0), 0);
  const totalMinor = Math.min(allocation.totalMinor, Math.max(within, floors));
  const held = totalMinor < allocation.totalMinor;
  const share = Math.round((100 * totalMinor) / Math.max(1, allocation.totalMinor));
  const notes = held
    ? [`The ${scope.objective} of ${scope.target} holds the day at ${share} % of its budget.`]
    : [];
  return {
    ...inputs,
    notes: [...(inputs.notes ?? []), ...notes],
    allocation: {
      ...allocation,
      totalMinor,
      ...(byConversions ? asConversions(inputs) : {}),
    },
  };
}

/** Under a CPA target every conversion counts the same. */
function asConversions({ allocation, currency }: DecisionInputs) {
  const unit = conversionUnit(currency);
  const value = { mean: unit.valueMinor, logSd: 0 };
  return {
    conversionsAsValue: unit,
    ads: allocation.ads.map((ad) => ({ ...ad, posterior: { ...ad.posterior, value } })),
  };
}

function holding(inputs: DecisionInputs, unsure: ReadonlySet<string>): DecisionInputs {
  const ads = inputs.allocation.ads.map((ad) =>
    unsure.has(ad.adId) && ad.currentMinor !== null ? { ...ad, unsure: true } : ad,
  );
  return { ...inputs, allocation: { ...inputs.allocation, ads } };
}
