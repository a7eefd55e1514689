// One budget decision from input to answer. Everything is computed with the ads in the order of
// their ids and answered in the order of the input, so that permuting the ads permutes the answer
// to the last byte (sums of floating-point numbers depend on their order). Called by `decide` with
// what `allocation-input` made; splits by `split/`.
import assert from 'node:assert/strict';
import { finished } from '../../shared/steps.js';
import type {
  AllocationAd,
  AllocationInput,
  AllocationResult,
  Refusal,
} from '../split/allocation-types.js';
import { boundsOf, fixedAt, type Bounds } from '../split/constraints.js';
import { settle } from '../split/settle.js';
import { drawArms, isProper, meanWorth, type Draws } from '../split/draws.js';
import type { Policy, Verdict } from '../split/policy.js';
import { notesOn, unallocatedReason } from '../split/split-notes.js';
import { raisedBounds } from '../split/raised-bounds.js';
import { explorers, recommendationsOf, type Split } from './recommendations.js';
import { probabilityUnfunded } from '../split/thompson.js';
import { pricesWithin, weighMoves } from '../split/worth-of-moves.js';
import { atSameMoney, expectedOf, referenceBudgets } from '../split/worth-of-splits.js';

/**
 * An ad set in its learning phase is moved only when it is this sure to deserve no money at all.
 */
const LEARNING_PHASE_CERTAINTY = 0.95;

/**
 * Splits `totalMinor` per day over the live ads by the policy, within floors, ceilings and steps.
 * Same input and seed, same answer. Refusals are values: no live ads, floors above the total, or a
 * belief that cannot be drawn from. Ad ids must be unique; amounts are integer minor units.
 */
export function* allocating(
  input: AllocationInput,
  policy: Policy,
): Generator<void, AllocationResult | Refusal> {
  const live = input.ads.filter(({ status }) => status === 'active').toSorted(byId);
  const refusal = refusalOf(input, live);
  if (refusal) return refusal;
  const account = { ...input, ads: live };
  const draws = yield* drawArms(live, input.seed, input.totalMinor, input.draws);
  const shares = yield* policy.shares(account, draws);
  const verdicts = policy.verdicts?.(account) ?? live.map(() => null);
  const bounds = yield* boundsFor(account, verdicts, draws);
  const targets = shares.map((share) => share * input.totalMinor);
  const priority = Float64Array.from(live, ({ posterior }) => meanWorth(posterior));
  const { budgets, restMinor } = settle(targets, bounds, input.totalMinor, priority);

  const references = referenceBudgets(live, input.totalMinor);
  const proposed = Float64Array.from(budgets);
  const sum = budgets.reduce((total, budget) => total + budget, 0);
  const sameMoney = atSameMoney(references, sum);
  const expected = yield* expectedOf(draws, { references, sameMoney, proposed, uncapped: targets });
  const prices = yield* pricesWithin(draws, bounds, proposed);
  const moves = yield* weighMoves(draws, prices, references, budgets);
  const split: Split = {
    account,
    draws,
    prices,
    shares,
    targets,
    verdicts,
    bounds,
    budgets,
    references,
    moves,
    explores: explorers(expected, sameMoney, proposed, moves),
  };
  const recommended = yield* recommendationsOf(split);
  const byAd = new Map(recommended.map((item) => [item.adId, item]));
  return {
    policy: policy.name,
    asOf: input.asOf,
    seed: input.seed,
    totalMinor: input.totalMinor,
    recommendations: input.ads.flatMap(({ adId }) => byAd.get(adId) ?? []),
    leftOut: input.ads
      .filter(({ status }) => status !== 'active')
      .map(({ adId, status }) => ({ adId, reason: `The ad is ${status}: it gets no money.` })),
    unallocated:
      restMinor === 0
        ? null
        : { amountMinor: restMinor, reason: unallocatedReason(restMinor, bounds) },
    expected,
    notes: notesOn(expected, isLimited(targets, bounds)),
  };
}

/** The same at once. */
export function allocate(input: AllocationInput, policy: Policy): AllocationResult | Refusal {
  return finished(allocating(input, policy));
}

function byId(left: AllocationAd, right: AllocationAd): number {
  assert(left.adId !== right.adId, `ad ${left.adId} is in the input twice`);
  return left.adId < right.adId ? -1 : 1;
}

function refusalOf({ ads, totalMinor }: AllocationInput, live: AllocationAd[]): Refusal | null {
  assert(Number.isSafeInteger(totalMinor) && totalMinor >= 0, `total ${totalMinor} is no amount`);
  if (live.length === 0) {
    const why = ads.length === 0 ? 'There is no ad.' : `All ${ads.length} ads are paused.`;
    return { code: 'sampling.no_ads', detail: `${why} No ad can receive the budget.` };
  }
  const improper = live.filter(({ posterior }) => !isProper(posterior));
  if (improper.length > 0) {
    const shown = improper.slice(0, 5).map(({ adId }) => adId);
    return {
      code: 'sampling.improper_belief',
      detail: `No proper belief about ${improper.length} ads (${shown.join(', ')}): cannot draw.`,
    };
  }
  const floors = live.reduce((sum, { minMinor }) => sum + (minMinor ?? 0), 0);
  if (floors > totalMinor) {
    return {
      code: 'sampling.below_floors',
      detail: `The floors of ${live.length} ads sum to ${floors} minor units, above the total of ${totalMinor}.`,
    };
  }
  return null;
}

function* boundsFor(
  { ads, maxStepPct, totalMinor }: AllocationInput,
  verdicts: readonly (Verdict | null)[],
  draws: Draws,
): Generator<void, Bounds[]> {
  const learns = ads.some(({ learningPhase }) => learningPhase);
  const unfunded = learns ? yield* probabilityUnfunded(draws) : null;
  const bounds = ads.map((ad, i) => {
    if (ad.locked && ad.currentMinor !== null) return fixedAt(ad.currentMinor, 'locked');
    if (ad.unsure && ad.currentMinor !== null) return fixedAt(ad.currentMinor, 'unsure');
    if (verdicts[i]?.action === 'pause') return fixedAt(0, 'paused');
    const settled = !unfunded || unfunded[i]! > LEARNING_PHASE_CERTAINTY;
    if (ad.learningPhase && ad.currentMinor !== null && !settled) {
      return fixedAt(ad.currentMinor, 'learning');
    }
    return boundsOf(ad, maxStepPct);
  });
  const orders = ads.map(({ currentMinor }, i) => ({
    currentMinor,
    leastMinor: verdicts[i]?.leastMinor ?? null,
  }));
  return raisedBounds(bounds, orders, totalMinor);
}

function isLimited(targets: Float64Array, bounds: readonly Bounds[]): boolean {
  return bounds.some(({ lo, hi }, i) => targets[i]! < lo - 1 || targets[i]! > hi + 1);
}
