// Watches the click rate of every ad that events tell of. A detector depends on order, so it is fed
// in the transaction that stores the events, under the account's lock: in commit order, each event
// once.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { countOverTime, type AccountReports, type AdEventRow } from '../../metrics/index.js';
import { Clock, MILLIS_PER_DAY, HISTORY_DAYS } from '../../shared/index.js';
import { AdWaits } from './ad-waits.service.js';
import {
  afterVerdict,
  newPairing,
  observeMinutes,
  pairMinutes,
  type AdPairing,
} from './ad-watch.js';
import {
  countDrifts,
  type DriftFact,
  keepDrifts,
  readDetectors,
  readDriftRecords,
  writeDetectors,
} from './drift.queries.js';
import { driftsOfArms } from './drifts-of-arms.js';
import type { DriftRecord } from '../belief/forget.js';
import { judge } from './judge.js';
import { minutesByAd, type Minute } from './minutes.js';
import { newDriftState, type DriftState } from './observe-epoch.js';

/** A trial looks as far back: with a half-life of days, what lies before says nothing of today. */
const TRIAL_DAYS = 60;

export interface Watched {
  /** Per request the ads at which its events proved a drift. */
  drift: string[][];
  /** What the ads of which something was told wait with now. */
  waits: Map<string, AdPairing>;
}

@Injectable()
export class DriftWatch {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly waits: AdWaits,
  ) {}

  /**
   * Requests are seen one after the other, all their events new; the caller holds `lockLearning`
   * and writes what ads wait with now at the journal's next position.
   */
  async watch(
    manager: EntityManager,
    accountId: string,
    position: number,
    requests: readonly AdEventRow[][],
  ): Promise<Watched> {
    const told = requests.map(minutesByAd);
    const adIds = [...new Set(told.flatMap((minutes) => [...minutes.keys()]))];
    if (adIds.length === 0) return { drift: requests.map(() => []), waits: new Map() };
    const pairings = await this.waits.at(manager, accountId, position, adIds);
    const started = adIds.filter((adId) => pairings.get(adId)?.isStarted === true);
    const paired = told.map((minutes) => pairAds(pairings, minutes));
    const due = new Set(paired.flatMap((ads) => ads.map(({ adId }) => adId)));
    const known = started.filter((adId) => due.has(adId));
    const detectors = await readDetectors(manager, accountId, known);
    const found: DriftFact[][] = [];
    for (const ads of paired) found.push(await this.observe(manager, accountId, detectors, ads));
    await writeDetectors(manager, accountId, detectors, this.clock.now());
    await keepDrifts(manager, accountId, found.flat());
    return {
      drift: found.map((drifts) => [...new Set(drifts.map(({ adId }) => adId))]),
      waits: new Map(adIds.map((adId) => [adId, pairings.get(adId) ?? newPairing()])),
    };
  }

  /**
   * What one request proved; brings `detectors` up to date. A detector only suspects: what is
   * stored, in the order of time, proves or clears.
   */
  private async observe(
    manager: EntityManager,
    accountId: string,
    detectors: Map<string, DriftState>,
    ads: readonly PairedAd[],
  ): Promise<DriftFact[]> {
    const found: DriftFact[] = [];
    for (const { adId, minutes, newestAt } of ads) {
      let step = observeMinutes(detectors.get(adId) ?? newDriftState(), minutes);
      while (step.suspicion) {
        const since = step.detector.regimeSince ?? 0;
        const from = Math.max(since, newestAt - TRIAL_DAYS * MILLIS_PER_DAY);
        const span = [new Date(from), new Date(newestAt)] as const;
        const counts = await countOverTime(manager, accountId, adId, ...span);
        const verdict = judge(counts, step.suspicion);
        const { detector, drift } = afterVerdict(step.detector, newestAt, verdict);
        if (drift) found.push({ adId, rate: 'ctr', ...drift });
        step = observeMinutes(detector, step.rest);
      }
      detectors.set(adId, step.detector);
    }
    return found;
  }

  /** Drifts ever proven in all accounts, by the rate that changed. */
  async counts() {
    return countDrifts(this.database.manager, null);
  }

  /** What the account's arms have to forget of their click rates as of an instant. */
  async ofArms(accountId: string, reports: AccountReports, asOf: Date): Promise<DriftRecord[]> {
    const since = new Date(asOf.getTime() - HISTORY_DAYS * MILLIS_PER_DAY);
    const drifts = await readDriftRecords(this.database.manager, accountId, 'ctr', since, asOf);
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

interface PairedAd {
  adId: string;
  /** Impressions with their clicks. */
  minutes: Minute[];
  /** The newest event told by then, Unix milliseconds. */
  newestAt: number;
}

/** What one request gives to observe; brings `pairings` up to date. */
function pairAds(
  pairings: Map<string, AdPairing>,
  minutesOfAds: ReadonlyMap<string, Minute[]>,
): PairedAd[] {
  return [...minutesOfAds].flatMap(([adId, minutes]) => {
    const { pairing, paired } = pairMinutes(pairings.get(adId) ?? newPairing(), minutes);
    pairings.set(adId, pairing);
    const { newestAt } = pairing;
    return paired.length > 0 ? [{ adId, minutes: paired, newestAt }] : [];
  });
}
