// Reports come in: validated one by one, kept in one transaction, told by index.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AdsService, type Account, type ConversionSource } from '../../accounts/index.js';
import {
  Clock,
  compileCheck,
  ensureMonths,
  intakeAnswer,
  oldestReport,
  idsIn,
  sortOut,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from '../../shared/index.js';
import {
  dayValues,
  isMetricFault,
  snapshotValues,
  type DayValues,
  type MetricFault,
  type MetricOrigin,
  type ReportContext,
  type SnapshotValues,
} from './metric-values.js';
import { NewDay, NewSnapshot } from './metrics.dto.js';
import { figureWarnings } from './report-warnings.js';
import { SNAPSHOTS_TABLE } from './snapshots.queries.js';
import { storeReports, type StoredReports } from './store-reports.queries.js';

const checkSnapshot = compileCheck(NewSnapshot);
const checkDay = compileCheck(NewDay);

export interface MetricsAnswer extends IntakeAnswer {
  /** Where the account's conversions come from; null while none was delivered. */
  conversion_source: ConversionSource | null;
}

/** One insert per so many readings keeps statements and memory small. */
const BATCH_ROWS = 1000;

@Injectable()
export class MetricsIntake {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly ads: AdsService,
    private readonly clock: Clock,
  ) {}

  async take(
    account: Account,
    input: { snapshots: unknown[]; days: unknown[] },
    asOf: Date,
  ): Promise<MetricsAnswer> {
    const { currency, timezone } = account;
    const context = { currency, timezone, asOf, oldest: oldestReport(this.clock.now()) };
    const snapshots = await this.read(account, input.snapshots, SNAPSHOTS, context);
    const days = await this.read(account, input.days, DAYS, context);
    const stored = await this.store(account, 'api', snapshots.good, days.good);
    const warnings = [
      ...snapshots.good.flatMap((entry) => figureWarnings('snapshots', entry)),
      ...days.good.flatMap((entry) => figureWarnings('days', entry)),
      ...stored.warnings,
    ];
    return {
      ...intakeAnswer(stored.accepted, stored.duplicates, [
        ...snapshots.rejected,
        ...days.rejected,
        ...stored.rejected,
      ]),
      conversion_source: stored.conversionSource,
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  }

  /**
   * Keeps a platform's own readings of known ads; answers how many were new. In the caller's
   * transaction where its manager is given: then the months of SNAPSHOTS_TABLE must be there.
   */
  async keep(account: Account, rows: SnapshotValues[], manager?: EntityManager): Promise<number> {
    let accepted = 0;
    for (let from = 0; from < rows.length; from += BATCH_ROWS) {
      const batch = rows.slice(from, from + BATCH_ROWS).map((item, index) => ({ index, item }));
      const stored = manager
        ? await storeReports(manager, account, 'platform', batch, [])
        : await this.store(account, 'platform', batch, []);
      accepted += stored.accepted;
    }
    return accepted;
  }

  private async store(
    account: Account,
    origin: MetricOrigin,
    snapshots: Indexed<SnapshotValues>[],
    days: Indexed<DayValues>[],
  ): Promise<StoredReports> {
    const months = snapshots.map(({ item }) => item.observedAt);
    await ensureMonths(this.database, SNAPSHOTS_TABLE, months);
    return this.database.transaction((manager) =>
      storeReports(manager, account, origin, snapshots, days),
    );
  }

  private async read<I extends { ad_id: string }, V extends object>(
    account: Account,
    items: unknown[],
    kind: Kind<I, V>,
    context: ReportContext,
  ): Promise<{ good: Indexed<V>[]; rejected: Rejection[] }> {
    const adIds = idsIn(items, 'ad_id');
    const ads = adIds.length === 0 ? [] : await this.ads.all(account.accountId, { adIds });
    const known = new Set(ads.map((ad) => ad.adId));
    const { good, rejected } = await sortOut<I>(
      ...([items, kind.check, 'metrics.invalid', kind.list] as const),
      (item) => {
        const unknown = known.has(item.ad_id) ? [] : [UNKNOWN_AD];
        const value = kind.values(item, context);
        const faults = isMetricFault(value) ? [...unknown, value] : unknown;
        return faults.map(({ field, detail }) => ({ pointer: `/${field}`, detail }));
      },
    );
    const values: Indexed<V>[] = [];
    for (const { index, item } of good) {
      const value = known.has(item.ad_id) ? kind.values(item, context) : UNKNOWN_AD;
      if (isMetricFault(value)) {
        const { code, detail, field } = value;
        rejected.push({ index, code, detail, pointer: `/${kind.list}/${index}/${field}` });
      } else {
        values.push({ index, item: value });
      }
    }
    return { good: values, rejected };
  }
}

interface Kind<I, V> {
  list: 'snapshots' | 'days';
  check: ReturnType<typeof compileCheck>;
  values(input: I, context: ReportContext): V | MetricFault;
}

const SNAPSHOTS: Kind<NewSnapshot, SnapshotValues> = {
  list: 'snapshots',
  check: checkSnapshot,
  values: snapshotValues,
};
const DAYS: Kind<NewDay, DayValues> = { list: 'days', check: checkDay, values: dayValues };

const UNKNOWN_AD: MetricFault = {
  code: 'metrics.unknown_ad',
  detail: 'the account has no ad with this id; register it with PUT /v1/ads first',
  field: 'ad_id',
};
