// What the simulated platform lets an advertiser see and do. Nothing here reads `hidden`: what this
// file returns is all that a policy under test may know.
import { PlatformError } from '../../shared/errors.js';
import { MONEY_MINOR_MAX } from '../../shared/money.js';
import type { AdObjectState, AdStatus } from '../ads/ad-account.js';
import type { AdWrite } from '../ads/ad-writer.js';
import { advanceWorld } from './world.js';
import { HOUR_MS } from './world-spec.js';
import type { AdTotals, SandboxAd, SandboxCreative, SandboxWorld } from './world-state.js';

/** Lifetime totals of one ad; conversions and revenue are those reported so far. */
export interface SandboxReading extends AdTotals {
  adId: string;
  /** Unix milliseconds: the world's clock. */
  observedAt: number;
}

export interface VisibleAd {
  adId: string;
  campaignId: string;
  campaignName: string;
  name: string;
  status: AdStatus;
  dailyBudgetMinor: number;
  /** Unix milliseconds. */
  startedAt: number;
  creative: Partial<SandboxCreative>;
}

/** The ads launched by the world's clock, in a fixed order. */
export function visibleAds(world: SandboxWorld): VisibleAd[] {
  return launchedAds(world).map((ad) => ({
    adId: ad.adId,
    campaignId: ad.campaignId,
    campaignName: ad.campaignName,
    name: ad.name,
    status: ad.status,
    dailyBudgetMinor: ad.dailyBudgetMinor,
    startedAt: ad.launchAt,
    creative: { ...ad.creative },
  }));
}

/** Totals of every launched ad at the world's clock. */
export function observe(world: SandboxWorld): SandboxReading[] {
  return launchedAds(world).map((ad) => ({
    adId: ad.adId,
    observedAt: world.clockAt,
    ...ad.totals,
  }));
}

/**
 * Advances to `toMs` and takes the totals every `everyHours` on the way and at the end. The clock
 * moves in six-hour steps, so a finer rhythm gives one reading per step.
 */
export function advanceWithReadings(
  world: SandboxWorld,
  toMs: number,
  everyHours: number,
): { world: SandboxWorld; readings: SandboxReading[] } {
  if (!(everyHours > 0)) throw new RangeError('the hours between readings must be above zero');
  const readings: SandboxReading[] = [];
  let current = world;
  const advanceAndRead = (atMs: number): void => {
    const before = current.clockAt;
    current = advanceWorld(current, atMs);
    if (current.clockAt > before) readings.push(...observe(current));
  };
  const everyMs = everyHours * HOUR_MS;
  for (let at = world.clockAt + everyMs; at < toMs; at += everyMs) advanceAndRead(at);
  advanceAndRead(toMs);
  return { world: current, readings };
}

/** Throws PlatformError `invalid` for an ad that the account does not have (yet). */
export function readAd(world: SandboxWorld, adId: string): AdObjectState {
  const { status, dailyBudgetMinor, bidMinor } = findAd(world, adId);
  return { adId, status, dailyBudgetMinor, lifetimeBudgetMinor: null, bidMinor };
}

/**
 * The world after one absolute write; it takes effect with the next step. A bid is kept and read
 * back but moves nothing, since no auction is modelled. Throws PlatformError `invalid` for an
 * unknown ad, an amount that is not a whole number of minor units, or an ad that is archived for
 * good.
 */
export function writeAd(world: SandboxWorld, write: AdWrite): SandboxWorld {
  const { status } = findAd(world, write.adId);
  const keepsArchived = write.changeType === 'status' && write.value === 'archived';
  if (status === 'archived' && !keepsArchived) {
    throw new PlatformError('invalid', `ad ${write.adId} is archived and cannot be changed`);
  }
  const changed = changedFields(write);
  return {
    ...world,
    ads: world.ads.map((ad) => (ad.adId === write.adId ? { ...ad, ...changed } : ad)),
  };
}

function changedFields(write: AdWrite): Partial<SandboxAd> {
  if (write.changeType === 'status') return { status: write.value };
  const { valueMinor } = write;
  if (!Number.isInteger(valueMinor) || valueMinor < 0 || valueMinor > MONEY_MINOR_MAX) {
    throw new PlatformError('invalid', `${valueMinor} is not an amount in minor units`);
  }
  return write.changeType === 'budget'
    ? { dailyBudgetMinor: valueMinor }
    : { bidMinor: valueMinor };
}

function launchedAds(world: SandboxWorld): SandboxAd[] {
  return world.ads.filter((ad) => ad.launched);
}

function findAd(world: SandboxWorld, adId: string): SandboxAd {
  const ad = launchedAds(world).find((candidate) => candidate.adId === adId);
  if (ad === undefined) throw new PlatformError('invalid', `the sandbox has no ad ${adId}`);
  return ad;
}
