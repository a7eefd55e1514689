// Reports come in: validated one by one, kept in one transaction, told by index.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AdsService,
  fixConversionSource,
  type Account,
  type ConversionSource,
} from '../../accounts/index.js';
import {
  Clock,
  compileCheck,
  ensureMonths,
  intakeAnswer,
  oldestReport,
  sortOut,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from '../../shared/index.js';
import { replaceDays } from './days.queries.js';
import {
  bringsConversions,
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
import { fallWarning, figureWarnings, type MetricWarning } from './report-warnings.js';
import {
  findSnapshots,
  insertSnapshots,
  snapshotIdentity,
  snapshotsBefore,
} from './snapshots.queries.js';

const checkSnapshot = compileCheck(NewSnapshot);
const checkDay = compileCheck(NewDay);

export interface MetricsAnswer extends IntakeAnswer {
  /** Where the account's conversions come from; null while none was delivered. */
  conversion_source: ConversionSource | null;
}

interface Stored {
  accepted: number;
  duplicates: number;
  rejected: Rejection[];
  warnings: MetricWarning[];
}

const NOTHING: Stored = { accepted: 0, duplicates: 0, rejected: [], warnings: [] };

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

  /** Keeps reports whose ads are known; the way of the API, of imports and of platform readings. */
  async store(
    account: Account,
    origin: MetricOrigin,
    snapshots: Indexed<SnapshotValues>[],
    days: Indexed<DayValues>[],
  ): Promise<Stored & { conversionSource: ConversionSource | null }> {
    await ensureMonths(
      this.database,
      'metric_snapshots',
      snapshots.map(({ item }) => item.observedAt),
    );
    return this.database.transaction(async (manager) => {
      const a = await storeSnapshots(manager, account.accountId, origin, snapshots);
      const b = await storeDays(manager, account.accountId, origin, days);
      const brought = bringsConversions([...snapshots, ...days].map(({ item }) => item));
      const conversionSource = brought
        ? await fixConversionSource(manager, account.accountId, 'platform')
        : account.conversionSource;
      return {
        accepted: a.accepted + b.accepted,
        duplicates: a.duplicates + b.duplicates,
        rejected: [...a.rejected, ...b.rejected],
        warnings: [...a.warnings, ...b.warnings],
        conversionSource,
      };
    });
  }

  private async read<I extends { ad_id: string }, V extends object>(
    account: Account,
    items: unknown[],
    kind: Kind<I, V>,
    context: ReportContext,
  ): Promise<{ good: Indexed<V>[]; rejected: Rejection[] }> {
    const { good, rejected } = sortOut<I>(items, kind.check, 'metrics.invalid', kind.list);
    const adIds = [...new Set(good.map(({ item }) => item.ad_id))];
    const ads = adIds.length === 0 ? [] : await this.ads.all(account.accountId, { adIds });
    const known = new Set(ads.map((ad) => ad.adId));
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

async function storeSnapshots(
  manager: EntityManager,
  accountId: string,
  origin: MetricOrigin,
  snapshots: Indexed<SnapshotValues>[],
): Promise<Stored> {
  if (snapshots.length === 0) return NOTHING;
  const first = new Map<string, Indexed<SnapshotValues>>();
  for (const entry of snapshots) {
    const identity = snapshotIdentity(entry.item.adId, entry.item.observedAt);
    if (!first.has(identity)) first.set(identity, entry);
  }
  const rows = [...first.values()].map(({ item }) => item);
  const before = await snapshotsBefore(manager, accountId, rows);
  const warnings = [...first.values()].flatMap(
    ({ index, item }) => fallWarning(index, before.get(item), item) ?? [],
  );
  const inserted = await insertSnapshots(manager, accountId, origin, rows);
  const stored = new Map<string, SnapshotValues>();
  const known = rows.filter((row) => !inserted.has(snapshotIdentity(row.adId, row.observedAt)));
  const found = known.length === 0 ? [] : await findSnapshots(manager, accountId, known);
  for (const row of [...rows, ...found]) {
    stored.set(snapshotIdentity(row.adId, row.observedAt), row);
  }
  const rejected = snapshots.flatMap((entry) => {
    const standing = stored.get(snapshotIdentity(entry.item.adId, entry.item.observedAt));
    return standing && !sameNumbers(standing, entry.item) ? [conflict(entry.index)] : [];
  });
  const accepted = inserted.size;
  const duplicates = snapshots.length - accepted - rejected.length;
  return { accepted, duplicates, rejected, warnings };
}

async function storeDays(
  manager: EntityManager,
  accountId: string,
  origin: MetricOrigin,
  days: Indexed<DayValues>[],
): Promise<Stored> {
  if (days.length === 0) return NOTHING;
  const last = new Map<string, DayValues>();
  for (const { item } of days) {
    last.set(`${item.day} ${item.attributionSetting} ${item.adId}`, item);
  }
  const accepted = await replaceDays(manager, accountId, origin, [...last.values()]);
  return { ...NOTHING, accepted, duplicates: days.length - accepted };
}

function sameNumbers(a: SnapshotValues, b: SnapshotValues): boolean {
  return (
    a.impressions === b.impressions &&
    a.clicks === b.clicks &&
    a.spendMinor === b.spendMinor &&
    a.conversions === b.conversions &&
    a.leads === b.leads &&
    a.revenueMinor === b.revenueMinor &&
    a.pipelineValueMinor === b.pipelineValueMinor
  );
}

function conflict(index: number): Rejection {
  return {
    index,
    code: 'metrics.conflict',
    detail: 'another snapshot of this ad at this instant stands already, with other numbers',
    pointer: `/snapshots/${index}`,
  };
}
