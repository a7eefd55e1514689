// Watches the click rate of every ad that events tell of. A detector depends on order, so it is fed in
// the transaction that stores the events, under the account's lock: in commit order, each event once.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { AccountReports, AdEventRow } from '../../metrics/index.js';
import { Clock, MILLIS_PER_DAY } from '../../shared/index.js';
import { minutesByAd, newAdWatch, watchMinutes } from './ad-watch.js';
import {
  countDrifts,
  keepDrifts,
  readDriftRecords,
  readWatches,
  writeWatches,
} from './drift.queries.js';
import { driftsOfArms } from './drifts-of-arms.js';
import type { DriftRecord } from './forget.js';

/** As far back as beliefs look. */
const HISTORY_DAYS = 180;

@Injectable()
export class DriftWatch {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /** The ads at which `events`, all new, proved a drift; the caller holds `lockLearning`. */
  async watch(manager: EntityManager, accountId: string, events: AdEventRow[]): Promise<string[]> {
    const minutes = minutesByAd(events);
    if (minutes.size === 0) return [];
    const watches = await readWatches(manager, accountId, [...minutes.keys()]);
    const found = [...minutes].flatMap(([adId, ofAd]) => {
      const { watch, drifts } = watchMinutes(watches.get(adId) ?? newAdWatch(), ofAd);
      watches.set(adId, watch);
      return drifts.map((drift) => ({ adId, rate: 'ctr' as const, ...drift }));
    });
    await writeWatches(manager, accountId, watches, this.clock.now());
    await keepDrifts(manager, accountId, found);
    return [...new Set(found.map(({ adId }) => adId))];
  }

  /** Drifts ever proven in all accounts, by the rate that changed. */
  async counts() {
    return countDrifts(this.database.manager, null);
  }

  /** What the account's arms have to forget as of an instant. */
  async ofArms(accountId: string, reports: AccountReports, asOf: Date): Promise<DriftRecord[]> {
    const since = new Date(asOf.getTime() - HISTORY_DAYS * MILLIS_PER_DAY);
    const drifts = await readDriftRecords(this.database.manager, accountId, since, asOf);
    const arms = new Map(reports.arms.map((arm) => [arm.ad.adId, arm]));
    return driftsOfArms(drifts, (adId) => {
      const armId = reports.events.get(adId)?.armId;
      if (armId == null) return null;
      const own = reports.totals.get(adId)?.clicks ?? 0;
      const all = arms.get(armId)?.totals.clicks ?? 0;
      return { armId, share: adId === armId || all === 0 ? 1 : own / all };
    });
  }
}
