// The answer about each ad: its move, how sure it is, why, and which moves explore.
import { mapped } from '../../shared/steps.js';
import type {
  Action,
  AllocationInput,
  Expected,
  Recommendation,
} from '../split/allocation-types.js';
import { classicScore } from '../policies/blended.js';
import type { Bounds } from '../split/constraints.js';
import type { Draws } from '../split/draws.js';
import type { Verdict } from '../split/policy.js';
import { reasonFor } from './reasons.js';
import { losesTo } from '../split/split-notes.js';
import { probabilityBest } from '../split/thompson.js';
import type { MoveWeight } from '../split/worth-of-moves.js';

/** One decision before it is put into words, the ads in canonical order. */
export interface Split {
  account: AllocationInput;
  draws: Draws;
  /** Per draw, the worth of the account's marginal unit of money. */
  prices: Float64Array;
  shares: Float64Array;
  targets: Float64Array;
  verdicts: readonly (Verdict | null)[];
  bounds: readonly Bounds[];
  budgets: readonly number[];
  references: readonly (number | null)[];
  moves: readonly MoveWeight[];
  explores: readonly boolean[];
}

export function* recommendationsOf(split: Split): Generator<void, Recommendation[]> {
  const { account, draws, shares, budgets, references, moves } = split;
  const best = yield* probabilityBest(draws);
  const now = haveNow(references);
  const accountMarginal = split.prices.reduce((sum, price) => sum + price, 0) / draws.count;
  return yield* mapped(account.ads, (ad, i) => {
    const recommendedMinor = budgets[i]!;
    const reference = references[i]!;
    const action = actionOf(reference, recommendedMinor, ad.currentMinor !== null);
    const changePct = changeOf(reference, recommendedMinor);
    const { marginal, gainMinor } = moves[i]!;
    return {
      adId: ad.adId,
      campaignId: ad.campaignId,
      currentMinor: ad.currentMinor,
      referenceMinor: reference,
      recommendedMinor,
      changePct,
      probabilityBest: best[i]!,
      propensity: shares[i]!,
      confidence: confidenceOf(action, moves[i]!),
      action,
      reason: reasonFor({
        ad,
        action,
        changePct,
        share: shares[i]!,
        shareNow: now === null ? null : reference! / now,
        totalChange: now === null ? null : account.totalMinor / now - 1,
        targetMinor: split.targets[i]!,
        recommendedMinor,
        bounds: split.bounds[i]!,
        maxStepPct: account.maxStepPct,
        marginal,
        accountMarginal,
        explores: split.explores[i]!,
        conversionsAsValue: account.conversionsAsValue ?? null,
        verdict: split.verdicts[i]?.reason ?? null,
      }),
      explores: split.explores[i]!,
      marginal,
      gainMinor,
      score: classicScore(ad),
    };
  });
}

/** What the ads have in all; null where one of them is not known, or it is nothing. */
function haveNow(references: readonly (number | null)[]): number | null {
  if (references.some((reference) => reference === null)) return null;
  const sum = references.reduce<number>((total, reference) => total + (reference ?? 0), 0);
  return sum > 0 ? sum : null;
}

/**
 * Where the split is expected to lose, the ads that gain money although their own next unit earns
 * less than that of the ads it comes from. Values are concave, so a losing split has at least one.
 */
export function explorers(
  expected: Expected,
  sameMoney: Float64Array | null,
  proposed: Float64Array,
  moves: readonly MoveWeight[],
): boolean[] {
  if (!sameMoney || !losesTo(expected)) return moves.map(() => false);
  let given = 0;
  let worth = 0;
  moves.forEach(({ marginalAfter }, i) => {
    const less = Math.max(0, sameMoney[i]! - proposed[i]!);
    given += less;
    worth += less * marginalAfter;
  });
  return moves.map(
    ({ marginalAfter }, i) => proposed[i]! > sameMoney[i]! && marginalAfter * given < worth,
  );
}

/** A stand-in from the spend is a fraction: it moves only when the rounded amount does. */
function actionOf(reference: number | null, recommended: number, isBudget: boolean): Action {
  const from = isBudget ? (reference ?? 0) : Math.round(reference ?? 0);
  if (recommended === from) return 'hold';
  if (recommended === 0) return 'pause';
  return recommended > from ? 'scale' : 'reduce';
}

function changeOf(reference: number | null, recommended: number): number | null {
  if (reference === null || reference === 0) return null;
  return Math.round(((recommended - reference) / reference) * 10_000) / 100 + 0;
}

/** For a hold: the probability that neither direction would have been an improvement. */
function confidenceOf(action: Action, { up, down }: MoveWeight): number {
  if (action === 'scale') return up;
  return action === 'hold' ? 1 - Math.max(up, down) : down;
}
