// The classic blend of CTR and ROAS by age, exactly as the contract's section 9 has it, so that
// people can compare. Its parts are shown for every ad under every policy. Measured, it loses 5-15
// points of the attainable value: the softmax is nearly uniform and CTR can point away from value.
import { MAX_CHANGE_PCT_24H } from '../../shared/budget-steps.js';
import type { Random } from '../../shared/random.js';
import { ReseedableRandom } from '../../shared/reseedable-random.js';
import type { AllocationAd, AllocationInput, ScoreParts } from '../split/allocation-types.js';
import type { Policy, Verdict } from '../split/policy.js';

/** The schedule's last knot: an ad of unknown age counts as matured, not as new. */
const MATURED_HOURS = 72;
const PAUSE_BELOW_ROAS = 0.5;
const SCALE_ABOVE_ROAS = 3;
const OLD_ENOUGH_HOURS = 48;
/** Absorbs binary noise such as 100·1.1 = 110.00000000000001 the other way round. */
const NOISE = 1e-9;

export const blended: Policy = {
  name: 'blended',
  description:
    'The classic score: CTR and ROAS blended by age, one Beta draw per ad, softmax at temperature 1.',
  *shares(input) {
    yield;
    return blendedShares(input);
  },
  verdicts: verdictsOn,
};

export function ctrWeight(ageHours: number): number {
  if (ageHours < 6) return 1;
  if (ageHours < 24) return 1 - (0.3 * (ageHours - 6)) / 18;
  if (ageHours < 72) return 0.7 - (0.4 * (ageHours - 24)) / 48;
  return Math.max(0.1, 0.3 * Math.exp((-0.1 * (ageHours - 72)) / 24));
}

/** An unknown CTR or ROAS is null in the answer and adds nothing to the blend. */
export function classicScore({
  ageHours,
  totals,
  dna,
  crossBoost,
  cache,
}: AllocationAd): ScoreParts {
  const ctr = totals.impressions > 0 ? totals.clicks / totals.impressions : null;
  const pipelineRoas = roasOf(totals.pipelineMinor, totals.spendMinor);
  const weight = ctrWeight(ageHours ?? MATURED_HOURS);
  const normalizedCtr = Math.min((ctr ?? 0) / 0.05, 1);
  const normalizedRoas = Math.min((pipelineRoas ?? 0) / 3, 1);
  const blend = weight * normalizedCtr + (1 - weight) * normalizedRoas;
  const fatigue = Math.exp(-0.0001 * totals.impressions);
  const dnaBoost = 1 + 0.2 * (dna ?? 0);
  const boost = crossBoost ?? 1;
  return {
    ctr,
    pipelineRoas,
    cashRoas: roasOf(totals.revenueMinor, totals.spendMinor),
    ctrWeight: weight,
    roasWeight: 1 - weight,
    blended: blend,
    fatigue,
    dnaBoost,
    crossBoost: boost,
    final: blend * fatigue * dnaBoost * boost,
    ...(cache && { cache }),
  };
}

function roasOf(valueMinor: number | null, spendMinor: number): number | null {
  return valueMinor === null || spendMinor <= 0 ? null : valueMinor / spendMinor;
}

function verdictsOn({ ads, killMinSpendMinor, maxStepPct }: AllocationInput): (Verdict | null)[] {
  const rise = 1 + (maxStepPct ?? MAX_CHANGE_PCT_24H) / 100;
  return ads.map((ad) => verdictOf(ad, killMinSpendMinor, rise));
}

function verdictOf(ad: AllocationAd, killMinSpendMinor: number, rise: number): Verdict | null {
  const { ageHours, totals, currentMinor } = ad;
  const roas = roasOf(totals.pipelineMinor, totals.spendMinor);
  if (roas === null || ageHours === null || ageHours < OLD_ENOUGH_HOURS) return null;
  if (totals.spendMinor < killMinSpendMinor) return null;
  const shown = `Pipeline ROAS ${roas.toFixed(2)} after ${Math.floor(ageHours / 24)} days`;
  if (roas < PAUSE_BELOW_ROAS) {
    return { action: 'pause', reason: `${shown} is under 0.5: the rule is to pause it.` };
  }
  if (roas <= SCALE_ABOVE_ROAS) return null;
  // "Scales" means at least one full step up, whatever the nearly uniform softmax says.
  const leastMinor = Math.floor((currentMinor ?? 0) * rise + NOISE);
  return { action: 'scale', reason: `${shown} is above 3: the rule is to scale it.`, leastMinor };
}

function blendedShares(input: AllocationInput): Float64Array {
  const { ads, seed, totalMinor } = input;
  const verdicts = verdictsOn(input);
  const random = new ReseedableRandom();
  const weights = Float64Array.from(ads, (ad, i) =>
    verdicts[i]?.action === 'pause'
      ? 0
      : Math.exp(betaDraw(ad, random.start(seed, `${ad.adId}\u0000blended`))),
  );
  const shares = normalized(weights);
  const wanted = verdicts.map((verdict) =>
    totalMinor > 0 ? (verdict?.leastMinor ?? 0) / totalMinor : 0,
  );
  return withAtLeast(shares, wanted);
}

/** Beta(1 + x·n, 1 + (1 − x)·n) as a quotient of Gammas. */
function betaDraw(ad: AllocationAd, random: Random): number {
  const score = Math.min(1, Math.max(0, classicScore(ad).final));
  const n = Math.min(100, (ad.totals.conversions ?? 0) + 0.1 * ad.totals.clicks);
  const yes = random.gamma(1 + score * n, 1);
  const no = random.gamma(1 + (1 - score) * n, 1);
  return yes / (yes + no);
}

/** Lifts some shares to what they want and takes it from the others in proportion. */
function withAtLeast(shares: Float64Array, wanted: readonly number[]): Float64Array {
  const lifted = shares.map((share, i) => (wanted[i]! > share ? wanted[i]! : 0));
  const taken = sum(lifted);
  if (taken === 0) return shares;
  if (taken >= 1) return normalized(lifted);
  const rest = sum(shares.filter((_, i) => lifted[i] === 0));
  if (rest === 0) return normalized(lifted);
  return shares.map((share, i) => (lifted[i]! > 0 ? lifted[i]! : (share * (1 - taken)) / rest));
}

function normalized(weights: Float64Array): Float64Array {
  const total = sum(weights);
  return total > 0 ? weights.map((weight) => weight / total) : weights;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
