// Finds the ad behind a conversion, on arrival and again when a click arrives late. Called by
// `conversion-intake` and `conversion-store`, by clicks and by `late-matches`; what it finds is
// credited by `ledger/credits`.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import { CreditsService } from '../ledger/credits.service.js';
import { lockLedger } from '../ledger/credits.queries.js';
import { KnownAdsService } from './known-ads.service.js';
import {
  clickKey,
  externalIdKey,
  fbclidKey,
  matchConversion,
  type Attribution,
  type Touch,
} from './match.js';
import {
  findClicks,
  findTouches,
  insertTouches,
  findUnmatched,
  setAttribution,
  type Waiting,
  type ClickValues,
} from './touches.queries.js';
import { fbclidOf } from '../identity/click-ids.js';

/** One click can be late for this many conversions at once; the rest wait for the next click. */
const REMATCH_MAX = 5000;

/** What a conversion's ad is found by. */
export interface MatchableEvent {
  eventTime: Date;
  adId: string | null;
  clickId: string | null;
  /** The ids that the URL's parameters carry. */
  utmIds: string[];
  fbclid: string | null;
  givenFbc: string | null;
  externalIds: string[];
}

export interface MatchedEvent<Event extends MatchableEvent = MatchableEvent> {
  event: Event;
  /** The fbclid that led to it and when that was first seen: what an fbc is built of. */
  seen: { fbclid: string; firstSeenAt: Date } | null;
  touchKeys: string[];
  attribution: Attribution | null;
}

@Injectable()
export class MatchingService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly knownAds: KnownAdsService,
    private readonly credits: CreditsService,
  ) {}

  /** What is known of each event's click, and whose it is. The events do not see one another. */
  async match<Event extends MatchableEvent>(
    account: Account,
    events: Event[],
  ): Promise<MatchedEvent<Event>[]> {
    const { accountId, attributionWindowDays } = account;
    const { manager } = this.database;
    const clickIds = events.flatMap(({ clickId }) => clickId ?? []);
    const clicks = new Map(
      (await findClicks(manager, accountId, clickIds)).map((click) => [click.clickId, click]),
    );
    const named = events.map((event) => ({
      event,
      click: event.clickId === null ? undefined : clicks.get(event.clickId),
      touchKeys: touchKeysOf(event),
    }));
    const keys = named.flatMap(({ touchKeys }) => touchKeys);
    const ofClicks = [...clicks.values()].flatMap(({ fbclid }) => fbclid ?? []).map(fbclidKey);
    const touches = await findTouches(manager, accountId, [...keys, ...ofClicks]);
    const known = await this.knownAds.among(manager, accountId, [
      ...[...touches.values()].flat().map(({ adId }) => adId),
      ...events.flatMap(({ adId, utmIds }) => [...(adId === null ? [] : [adId]), ...utmIds]),
    ]);
    return named.map(({ event, click, touchKeys }) => {
      const input = { ...event, touchKeys };
      const found = matchConversion(input, touches, known.isKnown, attributionWindowDays);
      const attribution = found && { ...found, adId: known.ownerOf(found.adId) };
      const seen = firstSeen(event, click, touches);
      return { event, touchKeys, seen, attribution };
    });
  }

  /** Whom an ad brought once, it may bring back: the person's later events find the same click. */
  async rememberPeople(
    manager: EntityManager,
    accountId: string,
    matched: Pick<MatchedEvent, 'event' | 'attribution'>[],
  ): Promise<void> {
    const touches = matched.flatMap(({ event, attribution }): Touch[] => {
      if (!attribution || attribution.method === 'external_id') return [];
      const touchedAt = attribution.clickedAt ?? event.eventTime;
      return event.externalIds.map((externalId) => ({
        touchKey: externalIdKey(externalId),
        touchedAt,
        adId: attribution.adId,
      }));
    });
    await insertTouches(manager, accountId, touches);
  }

  /** Late clicks and ads: the conversions that wait for them are looked at again. */
  async rematch(manager: EntityManager, account: Account, awaited: Waiting): Promise<number> {
    const { accountId, attributionWindowDays } = account;
    if ((await findUnmatched(manager, accountId, awaited, 1)).length === 0) return 0;
    // One matcher at a time; rows are not locked, delivery updates the same ones in its own order.
    await lockLedger(manager, accountId, 'alone');
    const waiting = await findUnmatched(manager, accountId, awaited, REMATCH_MAX);
    const touches = await findTouches(
      manager,
      accountId,
      waiting.flatMap(({ touchKeys }) => touchKeys),
    );
    const known = await this.knownAds.among(manager, accountId, [
      ...[...touches.values()].flat().map(({ adId }) => adId),
      ...waiting.flatMap(({ adId, utmIds }) => [...(adId === null ? [] : [adId]), ...utmIds]),
    ]);
    const matched = waiting.flatMap((conversion) => {
      const found = matchConversion(conversion, touches, known.isKnown, attributionWindowDays);
      const { receivedAt, id } = conversion;
      return found ? [{ receivedAt, id, ...found, adId: known.ownerOf(found.adId) }] : [];
    });
    await setAttribution(manager, accountId, matched);
    await this.credits.settle(
      manager,
      accountId,
      matched.map(({ id }) => id),
    );
    return matched.length;
  }
}

function firstSeen(
  event: MatchableEvent,
  click: ClickValues | undefined,
  touches: ReadonlyMap<string, Touch[]>,
): MatchedEvent['seen'] {
  const fbclid = event.fbclid ?? click?.fbclid ?? null;
  if (fbclid === null) return null;
  const times = (touches.get(fbclidKey(fbclid)) ?? []).map(({ touchedAt }) => touchedAt.getTime());
  if (click?.fbclid === fbclid) times.push(click.landedAt.getTime());
  const first = times.length === 0 ? event.eventTime.getTime() : Math.min(...times);
  return { fbclid, firstSeenAt: new Date(first) };
}

/** In the order of trust that the contract names. */
function touchKeysOf(event: MatchableEvent): string[] {
  const ofFbc = event.givenFbc === null ? null : fbclidOf(event.givenFbc);
  return [
    ...(event.clickId === null ? [] : [clickKey(event.clickId)]),
    ...(event.fbclid === null ? [] : [fbclidKey(event.fbclid)]),
    ...(ofFbc === null || ofFbc === event.fbclid ? [] : [fbclidKey(ofFbc)]),
    ...event.externalIds.map(externalIdKey),
  ];
}
