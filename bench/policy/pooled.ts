// What twenty other accounts of the same world teach before the account under test begins: eight
// ads each on an even split for 28 days, all waited out. Only hyper-parameters leave this file.
import {
  type BeliefPrior,
  type CouplingPoint,
  defaultDelayCurve,
  type DelayCurve,
  estimateCoupling,
  estimateDelay,
  estimateStrength,
  type RatePoint,
} from '../../src/learning/pure.js';
import { advanceWorld, createWorld, STEP_MS, type WorldName } from '../../src/platforms/index.js';
import { bookStep, delaysAt, emptyLedger } from './ledger.js';

const ACCOUNTS = 20;
const ADS = 12;
const DAYS = 28;
/** Seeds far from those of the accounts under test. */
const FIRST_SEED = 900_000;

export interface Pooled {
  prior: BeliefPrior;
  delay: DelayCurve;
}

interface Taught {
  ctr: RatePoint[];
  cvr: RatePoint[];
  coupling: CouplingPoint[];
  conversions: number;
  revenueMinor: number;
}

export function pooledPrior(world: WorldName, startAt: number, windowDays: number): Pooled {
  const taught: Taught[] = [];
  const delays = [];
  for (let index = 0; index < ACCOUNTS; index += 1) {
    const lesson = teach(world, FIRST_SEED + index, startAt);
    taught.push(lesson.taught);
    delays.push(...lesson.delays);
  }
  const conversions = taught.reduce((sum, one) => sum + one.conversions, 0);
  const revenue = taught.reduce((sum, one) => sum + one.revenueMinor, 0);
  const couplings = taught.map(({ coupling }) => estimateCoupling(coupling));
  return {
    prior: {
      source: 'niche',
      accounts: ACCOUNTS,
      ctr: hyperPrior(taught.map(({ ctr }) => ctr)),
      cvr: hyperPrior(taught.map(({ cvr }) => cvr)),
      valueMinor: revenue / conversions,
      beta: couplings.reduce((sum, { beta }) => sum + beta, 0) / couplings.length,
    },
    delay: estimateDelay(delays, windowDays, defaultDelayCurve(windowDays)),
  };
}

function teach(world: WorldName, seed: number, startAt: number) {
  const born = createWorld({ seed, world, adCount: ADS, startAt, currency: 'USD' });
  // The eight that run from the start; the rest would be young at the end.
  const ads = born.ads.filter(({ launched }) => launched);
  let current = { ...born, ads };
  const ledger = emptyLedger();
  for (let step = 0; step < DAYS * 4; step += 1) {
    const next = advanceWorld(current, current.clockAt + STEP_MS);
    bookStep(ledger, current, next);
    current = next;
  }
  // Everything that is under way has arrived by the time it teaches others.
  const all = current.ads.map(({ adId, campaignId, totals, pending }) => {
    const waiting = (of: 'conversions' | 'revenueMinor') =>
      pending.reduce((sum, bucket) => sum + bucket[of], totals[of]);
    const { impressions, clicks } = totals;
    const [conversions, revenueMinor] = [waiting('conversions'), waiting('revenueMinor')];
    return { adId, campaignId, impressions, clicks, conversions, revenueMinor };
  });
  const taught: Taught = {
    ctr: all.map((ad) => ({ events: ad.clicks, exposure: ad.impressions })),
    cvr: all.map((ad) => ({ events: ad.conversions, exposure: ad.clicks })),
    coupling: all.map((ad) => ({ ...ad, maturedImpressions: ad.impressions })),
    conversions: all.reduce((sum, ad) => sum + ad.conversions, 0),
    revenueMinor: all.reduce((sum, ad) => sum + ad.revenueMinor, 0),
  };
  return { taught, delays: delaysAt(ledger, current.clockAt) };
}

/** Mean and strengths by moments over the accounts (bandits, section 3). */
function hyperPrior(accounts: RatePoint[][]): BeliefPrior['ctr'] {
  const rates = accounts.map((points) => {
    const exposure = points.reduce((sum, point) => sum + point.exposure, 0);
    const events = points.reduce((sum, point) => sum + point.events, 0);
    return { rate: events / exposure, events, ads: points.length };
  });
  const count = rates.length;
  const mean = rates.reduce((sum, { rate }) => sum + rate, 0) / count;
  const strengths = accounts.map((points) => 2 * estimateStrength(points, 2));
  const within = strengths.reduce((sum, k) => sum + 1 / k, 0) / count;
  const spread = rates.reduce((sum, { rate }) => sum + (rate / mean - 1) ** 2, 0) / (count - 1);
  const noise = rates.reduce((sum, { events, ads }) => sum + within / ads + 1 / events, 0) / count;
  const between = Math.max(0.01, spread - noise);
  return { mean, strength: 1 / within / 2, accountStrength: 1 / between };
}
