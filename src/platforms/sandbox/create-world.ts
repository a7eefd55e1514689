// Sets up a simulated account at its first instant, either with invented ads or around given ones.
import { randomStream } from '../../shared/random.js';
import { toMinor } from '../../shared/money.js';
import { drawAccount, drawTruth, type TruthContext } from './draw-truth.js';
import { adIdentity } from './world-names.js';
import {
  DAY_MS,
  DEFAULT_HORIZON_DAYS,
  floorToStep,
  STARTING_SHARE,
  STEP_MS,
  WORLD_SPECS,
  type WorldName,
  type WorldSpec,
} from './world-spec.js';
import type { GivenAd, SandboxAd, SandboxWorld } from './world-state.js';

export interface WorldRequest {
  seed: number;
  world: WorldName;
  /** Ignored when `ads` are given. */
  adCount?: number;
  /** Unix milliseconds; taken down to the six-hour grid. */
  startAt: number;
  currency: string;
  /** Default: the sum of the given ads' budgets, else the world's own budget. */
  totalDailyBudgetMinor?: number;
  /** Launches fall in its first half, losses of conversion rate anywhere in it. Default 28. */
  horizonDays?: number;
  ads?: readonly GivenAd[];
}

/**
 * A world at its first instant: nothing delivered yet, the money split evenly unless ads are given.
 */
export function createWorld(request: WorldRequest): SandboxWorld {
  const { seed, world: name, currency, ads: given } = request;
  const spec = WORLD_SPECS[name];
  const horizonDays = request.horizonDays ?? DEFAULT_HORIZON_DAYS;
  const startAt = floorToStep(request.startAt);
  const adCount = given?.length ?? request.adCount ?? 12;
  const total = totalBudget(request, spec);
  const account = drawAccount(seed);
  const startingCount = Math.max(1, Math.round(adCount * STARTING_SHARE));
  const context = { seed, spec, currency, total, adCount, horizonDays, startAt, account };
  const ads = given
    ? given.map((ad) => takeGiven(ad, context))
    : Array.from({ length: adCount }, (_, index): SandboxAd => {
        const identity = adIdentity(seed, name, index);
        const launched = index < startingCount;
        return {
          ...identity,
          launchAt: launched ? startAt : drawLaunch(seed, identity.adId, startAt, horizonDays),
          launched,
          status: 'active',
          dailyBudgetMinor: launched ? evenShare(total, startingCount, index) : 0,
          bidMinor: null,
          ...nothingYet(),
          hidden: drawTruth(context, identity.adId),
        };
      });
  const delay = { ...spec.delay, meanDays: spec.delay.meanDays * account.delayFactor };
  return {
    formatVersion: 1,
    simulated: true,
    seed,
    world: name,
    currency,
    startAt,
    clockAt: startAt,
    horizonDays,
    hidden: { delay },
    ads,
  };
}

/** The `index`-th of `count` integer shares that differ by at most one and sum to `total`. */
function evenShare(total: number, count: number, index: number): number {
  return Math.floor((total * (index + 1)) / count) - Math.floor((total * index) / count);
}

function takeGiven(given: GivenAd, context: TruthContext): SandboxAd {
  return {
    adId: given.adId,
    campaignId: given.campaignId,
    campaignName: given.campaignName ?? given.campaignId,
    name: given.name ?? given.adId,
    creative: given.creative ?? {},
    launchAt: context.startAt,
    launched: true,
    status: given.status ?? 'active',
    dailyBudgetMinor: given.dailyBudgetMinor,
    bidMinor: given.bidMinor ?? null,
    ...nothingYet(),
    hidden: drawTruth(context, given.adId, given.truth),
  };
}

function nothingYet(): Pick<SandboxAd, 'totals' | 'pending'> {
  const totals = { impressions: 0, clicks: 0, spendMinor: 0, conversions: 0, revenueMinor: 0 };
  return { totals, pending: [] };
}

/** A step boundary after the start, at the latest at half of the horizon. */
function drawLaunch(seed: number, adId: string, startAt: number, horizonDays: number): number {
  const late = randomStream(seed, `launch ${adId}`).uniform() * (horizonDays / 2) * DAY_MS;
  return floorToStep(startAt + late) + STEP_MS;
}

/** The money everything else is scaled by; never zero, since saturation is a share of it. */
function totalBudget(
  { totalDailyBudgetMinor, ads, currency }: WorldRequest,
  spec: WorldSpec,
): number {
  const given =
    totalDailyBudgetMinor ?? ads?.reduce((sum, ad) => sum + ad.dailyBudgetMinor, 0) ?? 0;
  return given > 0 ? given : toMinor(spec.budgetPerDay, currency);
}
