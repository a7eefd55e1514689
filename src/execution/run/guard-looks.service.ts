// What the guards judge by, read right before a write: objects, recent spend, what was seen before.
import { Injectable } from '@nestjs/common';
import { Config, MILLIS_PER_HOUR, PlatformError } from '../../shared/index.js';
import type { AccountPass } from './account-pass.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import type { AdChange } from '../objects/change.entity.js';
import { modeOf } from '../guards/execution-mode.js';
import type { GuardFacts } from '../guards/guards.js';
import { registeredImage, type Observation } from '../objects/object-image.js';

/** The recent spend covers these days; a younger object has not had the time to spend them. */
const SPEND_WINDOW_MILLIS = 3 * 24 * MILLIS_PER_HOUR;

@Injectable()
export class GuardLooks {
  constructor(
    private readonly objects: AdObjects,
    private readonly config: Config,
  ) {}

  async before(
    group: readonly AdChange[],
    pass: AccountPass,
  ): Promise<(Observation | PlatformError)[]> {
    const looks = await this.objects.lookAll(
      pass.account,
      group.map(({ adId }) => adId),
    );
    return group.map((change, index) => {
      const seen = looks[index] ?? new PlatformError('transient', 'no answer');
      if (seen instanceof PlatformError) {
        const ad = pass.ads.get(change.adId);
        // Nothing will be written in shadow, so what we last knew is good enough to show the way.
        if (this.writesTo(pass) || !ad) return seen;
        return { image: registeredImage(ad), at: pass.now, delivery: null };
      }
      const { beforeImage, beforeAt } = change;
      const isSeenBefore =
        beforeImage?.source === seen.image.source &&
        beforeImage.dailyBudgetMinor === seen.image.dailyBudgetMinor;
      const registeredMinor = isSeenBefore
        ? (beforeImage.registeredMinor ?? null)
        : (pass.ads.get(change.adId)?.dailyBudgetMinor ?? null);
      const at = isSeenBefore && beforeAt ? beforeAt : pass.now;
      return { ...seen, image: { ...seen.image, registeredMinor }, at };
    });
  }

  /** Asked for raises only, and only of objects that have had the time to spend. */
  async recentSpend(group: readonly AdChange[], pass: AccountPass): Promise<Map<string, number>> {
    const before = pass.now.getTime() - SPEND_WINDOW_MILLIS;
    const ids = group
      .map(({ adId, requestedMinor }) => ({ ad: pass.ads.get(adId), requestedMinor }))
      .filter(({ ad, requestedMinor }) => (requestedMinor ?? 0) > (ad?.dailyBudgetMinor ?? 0))
      .filter(({ ad }) => !ad?.startedAt || ad.startedAt.getTime() < before)
      .flatMap(({ ad }) => ad?.adId ?? []);
    if (ids.length === 0 || !this.writesTo(pass)) return new Map();
    return this.objects.recentSpend(pass.account, ids);
  }

  factsOf(
    change: AdChange,
    pass: AccountPass,
    before: Observation,
    recentSpendMinor: number | null,
  ): GuardFacts {
    const ad = pass.ads.get(change.adId);
    const { dailyBudgetMinor, registeredMinor } = before.image;
    // An earlier sighting by this very change is among the stored ones, at its own time.
    const isNew = dailyBudgetMinor !== null && before.at.getTime() === pass.now.getTime();
    const seen = isNew ? [registeredMinor ?? null, dailyBudgetMinor] : [];
    return {
      change,
      live: before.image,
      bounds: {
        minBudgetMinor: ad?.minBudgetMinor ?? null,
        maxBudgetMinor: ad?.maxBudgetMinor ?? null,
      },
      sightings: [
        ...(pass.sightings.get(change.adId) ?? []),
        ...seen.flatMap((minor) => (minor === null ? [] : [{ at: pass.now.getTime(), minor }])),
      ],
      now: pass.now.getTime(),
      currency: pass.account.currency,
      limits: pass.guardLimits,
      facts: {
        delivery: before.delivery,
        limits: pass.limits,
        recentSpendMinor,
        // Nobody edits a simulated account but its own world, and its days bind nobody.
        millisToDayEnd: pass.account.simulated ? null : pass.day.millisToEnd,
        hasPeople: !pass.account.simulated,
        activeOthers: pass.active ? pass.active.size - Number(pass.active.has(change.adId)) : null,
      },
    };
  }

  private writesTo({ account }: AccountPass): boolean {
    return modeOf(account, this.config.executionMode) !== 'shadow';
  }
}
