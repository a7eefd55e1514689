// Clicks come in; conversions that were waiting for them find their ad.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import {
  CLOCK_TOLERANCE_MILLIS,
  Clock,
  GroupCommit,
  MILLIS_PER_DAY,
  compileCheck,
  intakeAnswer,
  parseInstant,
  pseudonymousId,
  queryParameters,
  readItems,
  rejectionOf,
  urlWithoutPersonalData,
  type GroupLimits,
  type Indexed,
  type IntakeAnswer,
  type ItemFault,
  type Rejection,
} from '../../shared/index.js';
import { fbclidInUrl } from '../identity/click-ids.js';
import { NewClick } from './clicks.dto.js';
import { KnownAdsService } from './known-ads.service.js';
import { clickKey, fbclidKey, type Touch } from './match.js';
import { MatchingService } from './matching.service.js';
import { findClicks, insertClicks, insertTouches, type ClickValues } from './touches.queries.js';

const LIST = 'clicks';
const RULES = { check: compileCheck(NewClick), room: 'clicks', list: LIST };

/** A full request's worth at a time; more may not wait for a database that is slow. */
const QUEUE: GroupLimits = { rowsMax: 1000, waitingRowsMax: 10_000 };

/** A request whose clicks were read. */
interface Request {
  account: Account;
  clicks: Indexed<ClickValues>[];
  rejected: Rejection[];
}

@Injectable()
export class ClicksService {
  // Requests of one account wait for one another's matching here, not for its lock with a
  // connection of the pool each.
  private readonly writes = new GroupCommit<Request, IntakeAnswer>(QUEUE, (_, requests) =>
    this.write(requests),
  );

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
    const { good: clicks, rejected } = await readItems<NewClick, ClickValues>(
      items,
      { ...RULES, further: ({ landed_at: at }) => timeFaults(at, oldest, asOf) },
      (item) => {
        const click = valuesOf(item);
        return timeFault(click, oldest, asOf) ?? click;
      },
    );
    return this.writes.add(accountId, { account, clicks, rejected }, items.length);
  }

  /** All of one account; of every id the first counts, in the order of the requests. */
  private async write(requests: Request[]): Promise<IntakeAnswer[]> {
    const { account } = requests.at(-1)!;
    const { accountId } = account;
    const { manager } = this.database;
    const adIds = requests.flatMap(({ clicks }) => clicks.map(({ item }) => item.adId));
    const known = await this.knownAds.among(manager, accountId, adIds);
    const judged = requests.map(({ clicks, rejected }) => ({
      clicks: clicks.filter(({ item }) => known.isKnown(item.adId)),
      rejected: [
        ...rejected,
        ...clicks
          .filter(({ item }) => !known.isKnown(item.adId))
          .map(({ index }) => rejectionOf(index, UNKNOWN_AD, LIST)),
      ],
    }));
    const first = new Map<string, ClickValues>();
    for (const { clicks } of judged) {
      for (const { item } of clicks) if (!first.has(item.clickId)) first.set(item.clickId, item);
    }
    const fresh = await this.store(account, [...first.values()]);
    const standing = await findClicks(manager, accountId, [...first.keys()]);
    const stored = new Map(standing.map((click) => [click.clickId, click]));
    return judged.map(({ clicks, rejected }) => {
      const isNew = ({ item }: Indexed<ClickValues>) =>
        fresh.has(item.clickId) && first.get(item.clickId) === item;
      const others = clicks.filter(({ item }) => {
        const other = stored.get(item.clickId);
        return other !== undefined && !sameClick(other, item);
      });
      const conflicts = others.map(({ index }) => rejectionOf(index, CONFLICT, LIST));
      const accepted = clicks.filter(isNew).length;
      const duplicates = clicks.length - accepted - conflicts.length;
      return intakeAnswer(accepted, duplicates, [...rejected, ...conflicts]);
    });
  }

  /** The answer holds the ids that were new. */
  private async store(account: Account, clicks: ClickValues[]): Promise<Set<string>> {
    const { accountId } = account;
    if (clicks.length === 0) return new Set();
    return this.database.transaction(async (manager) => {
      const fresh = await insertClicks(manager, accountId, clicks);
      const touches = clicks.filter(({ clickId }) => fresh.has(clickId)).flatMap(touchesOf);
      await insertTouches(manager, accountId, touches);
      const keys = touches.map(({ touchKey }) => touchKey);
      if (keys.length > 0) await this.matching.rematch(manager, account, { by: 'touches', keys });
      return fresh;
    });
  }
}

const CONFLICT: ItemFault = {
  code: 'clicks.conflict',
  detail: 'this id already belongs to a click with other content',
  field: '/click_id',
};

function valuesOf(item: NewClick): ClickValues {
  const url = item.landing_url ? clickRequirements(item.landing_url) : null;
  return {
    clickId: pseudonymousId(item.click_id),
    adId: item.ad_id,
    fbclid: item.fbclid ?? fbclidInUrl(url),
    landedAt: parseInstant(item.landed_at) ?? new Date(NaN),
    landingUrl: url,
  };
}

/** Host, UTM and fbclid. Nothing else is used, and a name in a path looks like nothing. */
function clickRequirements(landingUrl: string): string | null {
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

/** Of an item whose other fields were refused already. */
function timeFaults(landed: string | undefined, oldest: Date, asOf: Date): ItemFault[] {
  const landedAt = landed === undefined ? null : parseInstant(landed);
  const fault = landedAt && timeFault({ landedAt }, oldest, asOf);
  return fault ? [fault] : [];
}

function timeFault(
  { landedAt }: Pick<ClickValues, 'landedAt'>,
  oldest: Date,
  asOf: Date,
): ItemFault | null {
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
