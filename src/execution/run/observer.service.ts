// The first step: objects as they are right before a write, and what they spent of late. Called by
// `group-runner`; what it saw is judged by `judge-group`.
import { Injectable } from '@nestjs/common';
import { PlatformError } from '../../shared/index.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import type { AdChange } from '../objects/change.entity.js';
import { registeredImage, type ObjectImage, type Observation } from '../objects/object-image.js';
import type { AccountContext, Failed, Observed } from './account-context.js';

/** Of one pass over an account: a raise asks for insights once, however many groups it takes. */
export type KnownSpend = Map<string, number | null>;

@Injectable()
export class Observer {
  constructor(private readonly objects: AdObjects) {}

  async observe(
    group: readonly AdChange[],
    context: AccountContext,
    spend: KnownSpend,
  ): Promise<{ observed: Observed[]; failed: Failed[] }> {
    const looks = await this.objects.lookAll(
      context.account,
      group.map(({ adId }) => adId),
    );
    const observed: Observed[] = [];
    const failed: Failed[] = [];
    for (const [index, change] of group.entries()) {
      const seen = looks[index] ?? new PlatformError('transient', 'no answer');
      const before = seen instanceof PlatformError ? unseen(change, context) : null;
      if (!(seen instanceof PlatformError)) {
        const sight = sighting(change, seen.image, context);
        observed.push({ change, before: { ...seen, ...sight }, recentSpendMinor: null });
      } else if (before) observed.push({ change, before, recentSpendMinor: null });
      else failed.push({ change, failure: seen });
    }
    await this.askSpend(group, context, spend);
    const spent = ({ adId }: AdChange) => spend.get(adId) ?? null;
    return {
      observed: observed.map((one) => ({ ...one, recentSpendMinor: spent(one.change) })),
      failed,
    };
  }

  /** For every raise of the claim at once, as soon as the first of them is looked at. */
  private async askSpend(
    group: readonly AdChange[],
    { account, writes, toRaise }: AccountContext,
    spend: KnownSpend,
  ): Promise<void> {
    const asked = toRaise.filter(({ adId }) => !spend.has(adId));
    const ids = new Set(asked.map(({ adId }) => adId));
    if (!writes || !group.some(({ adId }) => ids.has(adId))) return;
    const answer = await this.objects.recentSpend(account, asked);
    for (const adId of ids) spend.set(adId, answer.get(adId) ?? null);
  }
}

/** Nothing will be written in shadow, so what we last knew is good enough to show the way. */
function unseen({ adId }: AdChange, { writes, ads, now }: AccountContext): Observation | null {
  const ad = ads.get(adId);
  return writes || !ad ? null : { image: registeredImage(ad), at: now, delivery: null };
}

/** A value that this change saw before was first seen then, beside what was registered then. */
function sighting(
  { adId, beforeImage, beforeAt }: AdChange,
  image: ObjectImage,
  { ads, now }: AccountContext,
): Pick<Observation, 'image' | 'at'> {
  const isSeenBefore =
    beforeImage?.source === image.source && beforeImage.dailyBudgetMinor === image.dailyBudgetMinor;
  const registeredMinor = isSeenBefore
    ? (beforeImage.registeredMinor ?? null)
    : (ads.get(adId)?.dailyBudgetMinor ?? null);
  const at = isSeenBefore && beforeAt ? beforeAt : now;
  return { image: { ...image, registeredMinor }, at };
}
