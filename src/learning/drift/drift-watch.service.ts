// Watches the click rate of every ad that events tell of. A detector depends on order, so it is fed in
// the transaction that stores the events, under the account's lock: in commit order, each event once.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { countOverTime, type AccountReports, type AdEventRow } from '../../metrics/index.js';
import { Clock, MILLIS_PER_DAY } from '../../shared/index.js';
import { afterVerdict, newAdWatch, watchMinutes, type WatchStep } from './ad-watch.js';
import {
  countDrifts,
  type DriftFact,
  keepDrifts,
  readDriftRecords,
  readWatches,
  writeWatches,
} from './drift.queries.js';
import { driftsOfArms } from './drifts-of-arms.js';
import type { DriftRecord } from './forget.js';
import { judge } from './judge.js';
import { minutesByAd } from './minutes.js';

/** As far back as beliefs look. */
const HISTORY_DAYS = 180;
/** A trial looks as far back: with a half-life of days, what lies before says nothing of today. */
const TRIAL_DAYS = 60;

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
    const found: DriftFact[] = [];
    for (const [adId, ofAd] of minutes) {
      let step = watchMinutes(watches.get(adId) ?? newAdWatch(), ofAd);
      while (step.suspicion) {
        const counts = await this.storedCounts(manager, accountId, adId, step);
        const verdict = judge(counts, step.suspicion.test);
        const { watch, drift } = afterVerdict(step.watch, step.suspicion, verdict);
        if (drift) found.push({ adId, rate: 'ctr', ...drift });
        step = watchMinutes(watch, step.rest);
      }
      watches.set(adId, step.watch);
    }
    await writeWatches(manager, accountId, watches, this.clock.now());
    await keepDrifts(manager, accountId, found);
    return [...new Set(found.map(({ adId }) => adId))];
  }

  /** What is stored of the ad's present regime, up to what raised the suspicion. */
  private storedCounts(
    manager: EntityManager,
    accountId: string,
    adId: string,
    { watch, suspicion }: WatchStep,
  ) {
    const until = suspicion?.raisedAt ?? watch.newestAt;
    const from = Math.max(watch.regimeSince ?? 0, until - TRIAL_DAYS * MILLIS_PER_DAY);
    return countOverTime(manager, accountId, adId, new Date(from), new Date(until));
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
