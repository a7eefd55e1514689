// The baselines: what a decision would be without learning, without doubt, or by plain Thompson
// sampling on the ROAS that platforms show.
import { ReseedableRandom } from '../../shared/reseedable-random.js';
import { mapped } from '../../shared/steps.js';
import { waterFill } from '../../shared/water-filling.js';
import type { AllocationAd } from '../split/allocation-types.js';
import { averagedInOrder } from '../split/comparable-arms.js';
import { meanWorth, spendable } from '../split/draws.js';
import type { Policy } from '../split/policy.js';

export const uniform: Policy = {
  name: 'uniform',
  description: 'The same share for every ad, whatever is known.',
  *shares({ ads }) {
    yield;
    return new Float64Array(ads.length).fill(1 / ads.length);
  },
};

export const greedy: Policy = {
  name: 'greedy',
  description:
    'Spreads the budget at its best for the posterior means, as if they were certain: no exploration.',
  *shares({ ads, totalMinor }) {
    yield;
    const total = spendable(totalMinor);
    const arms = ads.map(({ posterior }) => ({
      worth: meanWorth(posterior),
      scale: posterior.response.saturation,
    }));
    return Float64Array.from(waterFill(arms, total), (budget) => budget / total);
  },
};

export const observedThompson: Policy = {
  name: 'thompson',
  description:
    'Plain Thompson sampling: shares by the probability of having the best observed ROAS, ' +
    'without delay correction or response curves.',
  shares({ ads, seed }, { count }) {
    return bestObservedShares(ads, seed, count);
  },
};

/**
 * Probability matching (Thompson 1933): conversions per money ~ Gamma(1 + conversions, 1/r +
 * spend), r the account's own rate, so an untried ad is believed to be an average one with the
 * doubt of a single conversion; times the value of a conversion.
 */
function* bestObservedShares(
  ads: readonly AllocationAd[],
  seed: number,
  count: number,
): Generator<void, Float64Array> {
  const rate = accountRate(ads);
  const best = new Float64Array(count).fill(-1);
  const winner = new Int32Array(count);
  // Spend without a conversion report says nothing about conversions.
  const spends = ads.map(({ totals }) => (totals.conversions === null ? 0 : totals.spendMinor));
  const arms = ads.map(({ totals, posterior }, arm) => ({
    likeness: String(spends[arm]),
    rank: 1 + (totals.conversions ?? 0),
    mean: (1 + (totals.conversions ?? 0)) * posterior.value.mean,
  }));
  const random = new ReseedableRandom();
  yield* mapped(ads, ({ adId, posterior }, arm) => {
    random.start(seed, `${adId}\u0000observed_roas`);
    const { rank } = arms[arm]!;
    for (let k = 0; k < count; k += 1) {
      const value = posterior.value.mean * Math.exp(random.normal(0, posterior.value.logSd));
      const roas = random.gamma(rank, 1 / rate + spends[arm]!) * value;
      if (roas > best[k]!) {
        best[k] = roas;
        winner[k] = arm;
      }
    }
  });
  const shares = new Float64Array(ads.length);
  for (const arm of winner) shares[arm] = shares[arm]! + 1 / count;
  return yield* averagedInOrder(shares, arms);
}

/**
 * Conversions per minor unit over the ads that report them; 1 when nothing is known, as all alike.
 */
function accountRate(ads: readonly AllocationAd[]): number {
  let conversions = 0;
  let spend = 0;
  for (const { totals } of ads) {
    if (totals.conversions === null) continue;
    conversions += totals.conversions;
    spend += totals.spendMinor;
  }
  return conversions > 0 && spend > 0 ? conversions / spend : 1;
}
