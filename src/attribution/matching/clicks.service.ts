// Clicks come in; conversions that were waiting for them find their ad.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import {
  CLOCK_TOLERANCE_MILLIS,
  Clock,
  MILLIS_PER_DAY,
  compileCheck,
  intakeAnswer,
  parseInstant,
  pseudonymousId,
  queryParameters,
  readItems,
  rejectionOf,
  urlWithoutPersonalData,
  type IntakeAnswer,
  type ItemFault,
} from '../../shared/index.js';
import { fbclidInUrl } from '../identity/click-ids.js';
import { NewClick } from './clicks.dto.js';
import { KnownAdsService } from './known-ads.service.js';
import { clickKey, fbclidKey, type Touch } from './match.js';
import { MatchingService } from './matching.service.js';
import { findClicks, insertClicks, insertTouches, type ClickValues } from './touches.queries.js';

const LIST = 'clicks';
const RULES = { check: compileCheck(NewClick), room: 'clicks', list: LIST };

@Injectable()
export class ClicksService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly knownAds: KnownAdsService,
    private readonly matching: MatchingService,
    private readonly clock: Clock,
  ) {}

  async take(account: Account, items: unknown[], asOf: Date): Promise<IntakeAnswer> {
    const { accountId, settings } = account;
    const now = this.clock.now().getTime();
    const oldest = new Date(now - settings.retention_days.clicks * MILLIS_PER_DAY);
    const read = await readItems<NewClick, ClickValues>(items, RULES, (item) => {
      const click = valuesOf(item);
      return timeFault(click, oldest, asOf) ?? click;
    });
    const { rejected } = read;
    const adIds = read.good.map(({ item }) => item.adId);
    const known = await this.knownAds.among(this.database.manager, accountId, adIds);
    const clicks = read.good.filter(({ index, item }) => {
      if (known.isKnown(item.adId)) return true;
      rejected.push(rejectionOf(index, UNKNOWN_AD, LIST));
      return false;
    });
    const first = new Map<string, ClickValues>();
    for (const { item } of clicks) if (!first.has(item.clickId)) first.set(item.clickId, item);
    const inserted = await this.database.transaction(async (manager) => {
      const rows = [...first.values()];
      const fresh = await insertClicks(manager, accountId, rows);
      const touches = rows.filter(({ clickId }) => fresh.has(clickId)).flatMap(touchesOf);
      await insertTouches(manager, accountId, touches);
      const keys = touches.map(({ touchKey }) => touchKey);
      if (keys.length > 0) await this.matching.rematch(manager, account, { by: 'touches', keys });
      return fresh;
    });
    const ids = [...first.keys()];
    const standing = await findClicks(this.database.manager, accountId, ids);
    const stored = new Map(standing.map((click) => [click.clickId, click]));
    for (const { index, item } of clicks) {
      const other = stored.get(item.clickId);
      if (!other || sameClick(other, item)) continue;
      rejected.push({
        index,
        code: 'clicks.conflict',
        detail: 'this id already belongs to a click with other content',
        pointer: `/clicks/${index}/click_id`,
      });
    }
    const accepted = inserted.size;
    return intakeAnswer(accepted, items.length - accepted - rejected.length, rejected);
  }
}

function valuesOf(item: NewClick): ClickValues {
  const url = item.landing_url ? whatClicksNeed(item.landing_url) : null;
  return {
    clickId: pseudonymousId(item.click_id),
    adId: item.ad_id,
    fbclid: item.fbclid ?? fbclidInUrl(url),
    landedAt: parseInstant(item.landed_at) ?? new Date(NaN),
    landingUrl: url,
  };
}

/** Host, UTM and fbclid. Nothing else is used, and a name in a path looks like nothing. */
function whatClicksNeed(landingUrl: string): string | null {
  const cleaned = urlWithoutPersonalData(landingUrl);
  if (!URL.canParse(cleaned)) return null;
  const { origin } = new URL(cleaned);
  const kept = queryParameters(cleaned).filter(([name]) => /^(?:utm_\w+|fbclid)$/.test(name));
  return `${origin}/?${new URLSearchParams(kept).toString()}`;
}

const UNKNOWN_AD: ItemFault = {
  code: 'clicks.unknown_ad',
  detail: 'the account has no ad with this id; register it with PUT /v1/ads first',
  field: '/ad_id',
};

function timeFault({ landedAt }: ClickValues, oldest: Date, asOf: Date): ItemFault | null {
  const field = '/landed_at';
  if (landedAt < oldest) {
    return { code: 'clicks.too_old', detail: `${field} is older than clicks are kept`, field };
  }
  if (landedAt.getTime() > asOf.getTime() + CLOCK_TOLERANCE_MILLIS) {
    return { code: 'clicks.in_the_future', detail: `${field} lies in the future`, field };
  }
  return null;
}

function touchesOf({ clickId, fbclid, landedAt, adId }: ClickValues): Touch[] {
  const keys = [clickKey(clickId), ...(fbclid === null ? [] : [fbclidKey(fbclid)])];
  return keys.map((touchKey) => ({ touchKey, touchedAt: landedAt, adId }));
}

function sameClick(a: ClickValues, b: ClickValues): boolean {
  return (
    a.adId === b.adId &&
    a.fbclid === b.fbclid &&
    a.landingUrl === b.landingUrl &&
    a.landedAt.getTime() === b.landedAt.getTime()
  );
}
