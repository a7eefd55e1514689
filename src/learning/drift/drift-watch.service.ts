// Watches the click rate of every ad that events tell of. What is proven is a function of the
// events that are stored: they are scanned in the order of time, in the transaction that stores
// them, and what later ones disprove is withdrawn. See docs/decisions/drift.md.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import type { AccountReports, AdEventRow, Reports } from '../../metrics/index.js';
import { Clock, MILLIS_PER_DAY, type Write } from '../../shared/index.js';
import { HISTORY_DAYS } from '../../shared/history.js';
import { driftsByAd, type DriftRecord } from '../belief/forget.js';
import { changesOf, isNews, type DriftChanges } from './drift-changes.js';
import { countDrifts, driftRows, readDriftRecords, withdrawDrifts } from './drift.queries.js';
import { driftsOfArms } from './drifts-of-arms.js';
import { minutesByAd, type Minute } from './minutes.js';
import { reportDrifts } from './report-drifts.js';
import type { FoundDrift } from './scan-state.js';
import { addMinutes, moveBase, newestOf, scanTrail, type Checkpoint, type Trail } from './trail.js';
import { scanRows } from './trails.queries.js';
import { AdTrails } from './trails.service.js';

export interface Watched {
  /** Per request the ads at which its events proved a drift. */
  drift: string[][];
  /** To be written with the events. */
  writes: (Write | null)[];
}

@Injectable()
export class DriftWatch {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly trails: AdTrails,
  ) {}

  /**
   * Requests are seen one after the other, all their events new; the caller holds `lockLearning`
   * and writes their cells at the journal's next position.
   */
  async watch(
    manager: EntityManager,
    accountId: string,
    position: number,
    requests: readonly AdEventRow[][],
  ): Promise<Watched> {
    const told = requests.map(minutesByAd);
    const earliest = firstMinutes(told);
    if (earliest.size === 0) return { drift: requests.map(() => []), writes: [] };
    const trails = await this.trails.at(manager, accountId, position, earliest);
    const found = new Map<string, FoundDrift[]>();
    const drift = told.map((minutes) => scanRequest(trails, minutes, found));
    const changes: DriftChanges = { proven: [], disproved: [] };
    const bases = new Map<string, Checkpoint>();
    for (const [adId, drifts] of found) {
      const trail = trails.get(adId) as Trail;
      const { proven, disproved } = changesOf(adId, trail.known, drifts, newestOf(trail));
      changes.proven.push(...proven);
      changes.disproved.push(...disproved);
      trail.known = drifts;
      const base = moveBase(trail);
      if (base) bases.set(adId, base);
    }
    await withdrawDrifts(manager, accountId, changes.disproved);
    const writes = [
      driftRows(accountId, changes.proven),
      scanRows(accountId, bases, this.clock.now()),
    ];
    return { drift, writes };
  }

  /** Drifts that stand in all accounts, by the rate that changed. */
  async counts() {
    return countDrifts(this.database.manager, null);
  }

  /** What the account's arms have to forget of their click rates as of an instant. */
  async ofArms(
    { accountId, timezone }: Pick<Account, 'accountId' | 'timezone'>,
    reports: AccountReports,
    asOf: Date,
  ): Promise<DriftRecord[]> {
    const since = new Date(asOf.getTime() - HISTORY_DAYS * MILLIS_PER_DAY);
    const drifts = await readDriftRecords(this.database.manager, accountId, 'ctr', since, asOf);
    const arms = new Map(reports.arms.map((arm) => [arm.ad.adId, arm]));
    const ofArm = (armId: string, adId: string) => {
      const own = reports.totals.get(adId)?.clicks ?? 0;
      const all = arms.get(armId)?.totals.clicks ?? 0;
      return { armId, share: adId === armId || all === 0 ? 1 : own / all };
    };
    const told = driftsOfArms(drifts, (adId) => {
      const armId = reports.events.get(adId)?.armId;
      return armId == null ? null : ofArm(armId, adId);
    });
    const byArm = driftsByAd(told);
    const reported = reports.arms.flatMap(({ ad, reporters }) =>
      reporters.flatMap((reporter) => {
        const found = reportRecords(reporter.ad.adId, reporter.reports, timezone, asOf);
        const news = found.filter((one) => !isTold(byArm.get(ad.adId) ?? [], one));
        return driftsOfArms(news, (adId) => ofArm(ad.adId, adId));
      }),
    );
    return [...told, ...reported];
  }
}

function reportRecords(
  adId: string,
  reports: Reports,
  timezone: string,
  asOf: Date,
): DriftRecord[] {
  return reportDrifts(reports, timezone, asOf).map(
    ({ since, keep, before, after, detectedAt }): DriftRecord => ({
      ...{ adId, at: since, keep, rate: 'ctr' },
      report: { adId, before, after, detectedAt },
    }),
  );
}

/** Events and reports may tell of one change; it is forgotten once. */
const SAME_CHANGE_MILLIS = 2 * MILLIS_PER_DAY;

function isTold(told: readonly DriftRecord[], { at }: DriftRecord): boolean {
  return told.some((one) => Math.abs(one.at - at) <= SAME_CHANGE_MILLIS);
}

function firstMinutes(told: readonly ReadonlyMap<string, Minute[]>[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const request of told) {
    for (const [adId, [one]] of request) {
      if (one) first.set(adId, Math.min(one.minute, first.get(adId) ?? one.minute));
    }
  }
  return first;
}

/** The ads at which a request proved a drift; `found` holds the drifts of all ads seen so far. */
function scanRequest(
  trails: ReadonlyMap<string, Trail>,
  minutesOfAds: ReadonlyMap<string, Minute[]>,
  found: Map<string, FoundDrift[]>,
): string[] {
  const proven: string[] = [];
  for (const [adId, minutes] of minutesOfAds) {
    const trail = trails.get(adId) as Trail;
    const before = found.get(adId) ?? trail.known;
    addMinutes(trail, minutes);
    const drifts = scanTrail(trail);
    found.set(adId, drifts);
    if (isNews(before, drifts)) proven.push(adId);
  }
  return proven;
}
