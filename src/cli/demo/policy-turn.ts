// One turn of the loop in memory, by the functions that the server itself uses: readings become
// beliefs, beliefs a decision, and the decision is carried out within the executor's velocity
// limits.
import { DEFAULT_SETTINGS } from '../../accounts/index.js';
import {
  budgetVelocity,
  guardLimits,
  planLimits,
  reachOf,
  type Sighting,
} from '../../execution/pure.js';
import {
  type AdEvidence,
  cohortsFromSnapshots,
  creditConversions,
  defaultDelayCurve,
  formPosteriors,
} from '../../learning/pure.js';
import {
  advanceWithReadings,
  type SandboxReading,
  type SandboxWorld,
  visibleAds,
  writeAd,
} from '../../platforms/index.js';
import { type AllocationAd, decide, policyNamed } from '../../sampling/pure.js';
import { MILLIS_PER_DAY, MILLIS_PER_HOUR } from '../../shared/time.js';
import { MAX_CHANGE_PCT_24H } from '../../shared/budget-steps.js';
import { toMinor } from '../../shared/money.js';
import { derivedSeed } from '../../shared/random.js';

/**
 * What an account has seen of its world: the world itself, every reading, every budget sighting.
 */
export interface PlayedAccount {
  world: SandboxWorld;
  readings: SandboxReading[];
  sightings: Map<string, Sighting[]>;
  /** What the last decision split: raises that had to wait must not shrink it for good. */
  totalMinor: number;
}

const READING_HOURS = 6;
const WINDOW_DAYS = 7;
const DELAY = defaultDelayCurve(WINDOW_DAYS);
const WINDOWS = guardLimits(
  { budgetVelocityPct: MAX_CHANGE_PCT_24H, budgetVelocityWindowHours: 6, approvalAbovePct: null },
  planLimits(null, 'USD'),
).windows;
const POLICY = policyNamed('delay_corrected');

export function liveOneDay(account: PlayedAccount): PlayedAccount {
  const until = account.world.clockAt + MILLIS_PER_DAY;
  const { world, readings } = advanceWithReadings(account.world, until, READING_HOURS);
  return { ...account, world, readings: account.readings.concat(readings) };
}

/** The account after its decision of the day; what it may not do yet is left for another day. */
export function decideAndApply(account: PlayedAccount): PlayedAccount {
  const { readings } = account;
  const now = account.world.clockAt;
  const ads = visibleAds(account.world).filter(({ status }) => status === 'active');
  const current = ads.reduce((sum, ad) => sum + ad.dailyBudgetMinor, 0);
  const totalMinor = Math.max(current, account.totalMinor);
  if (POLICY === null || totalMinor === 0) return account;
  const allocation = {
    asOf: now,
    seed: derivedSeed(account.world.seed, `decision ${now}`),
    totalMinor,
    maxStepPct: MAX_CHANGE_PCT_24H,
    killMinSpendMinor: 0,
    ads: believedAds(account.world, readings, totalMinor).map((ad) => ({
      ...ad,
      reach: reachOf(ad.currentMinor ?? 0, now, account.sightings.get(ad.adId) ?? [], WINDOWS),
    })),
  };
  const answer = decide(
    {
      allocation,
      currency: account.world.currency,
      maxStepPct: MAX_CHANGE_PCT_24H,
      minProbabilityBetter: DEFAULT_SETTINGS.min_probability_better,
    },
    POLICY,
  );
  if ('code' in answer) return account;
  let { world } = account;
  const sightings = new Map(account.sightings);
  for (const item of answer.recommendations) {
    const live = ads.find(({ adId }) => adId === item.ad_id)?.dailyBudgetMinor ?? 0;
    const requestedMinor = toMinor(item.recommended_budget, account.world.currency);
    const seen = [...(sightings.get(item.ad_id) ?? []), { at: now, minor: live }];
    sightings.set(item.ad_id, seen);
    if (requestedMinor === live) continue;
    const move = { requestedMinor, liveMinor: live, now, sightings: seen, windows: WINDOWS };
    if (budgetVelocity(move).kind !== 'allowed') continue;
    world = writeAd(world, { adId: item.ad_id, changeType: 'budget', valueMinor: requestedMinor });
    seen.push({ at: now, minor: requestedMinor });
  }
  return { ...account, world, sightings, totalMinor };
}

function believedAds(
  world: SandboxWorld,
  readings: readonly SandboxReading[],
  budgetMinor: number,
): AllocationAd[] {
  const ads = visibleAds(world);
  const byAd = new Map<string, SandboxReading[]>(ads.map(({ adId }) => [adId, []]));
  for (const reading of readings) byAd.get(reading.adId)?.push(reading);
  const evidence = ads.map(({ adId, campaignId, startedAt }): AdEvidence => {
    const cohorts = cohortsFromSnapshots(byAd.get(adId) ?? [], startedAt);
    return { adId, campaignId, cohorts: creditConversions(cohorts, DELAY), undated: false };
  });
  const { posteriors } = formPosteriors({
    ads: evidence,
    asOf: world.clockAt,
    settings: {
      halfLifeDays: DEFAULT_SETTINGS.half_life_days,
      attributionWindowDays: WINDOW_DAYS,
    },
    delay: DELAY,
    budgetMinor,
  });
  return ads.flatMap((ad, index): AllocationAd[] => {
    const posterior = posteriors[index];
    if (posterior === undefined) return [];
    const last = byAd.get(ad.adId)?.at(-1);
    return [
      {
        adId: ad.adId,
        campaignId: ad.campaignId,
        status: ad.status,
        currentMinor: ad.dailyBudgetMinor,
        minMinor: null,
        maxMinor: null,
        ageHours: (world.clockAt - ad.startedAt) / MILLIS_PER_HOUR,
        posterior,
        totals: {
          impressions: last?.impressions ?? 0,
          clicks: last?.clicks ?? 0,
          spendMinor: last?.spendMinor ?? 0,
          conversions: last?.conversions ?? 0,
          revenueMinor: last?.revenueMinor ?? 0,
          pipelineMinor: null,
        },
      },
    ];
  });
}
