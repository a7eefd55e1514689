// Reports at rest, within one transaction: what is new, known, contradicted, and what fell.
import type { EntityManager } from 'typeorm';
import { fixConversionSource, type Account, type ConversionSource } from '../../accounts/index.js';
import type { Indexed, Rejection } from '../../shared/index.js';
import { replaceDays } from './days.queries.js';
import {
  bringsConversions,
  type DayValues,
  type MetricOrigin,
  type SnapshotValues,
} from './metric-values.js';
import { fallWarning, type MetricWarning } from './report-warnings.js';
import {
  findSnapshots,
  insertSnapshots,
  snapshotIdentity,
  snapshotsBefore,
} from './snapshots.queries.js';

interface Stored {
  accepted: number;
  duplicates: number;
  rejected: Rejection[];
  warnings: MetricWarning[];
}

const NOTHING: Stored = { accepted: 0, duplicates: 0, rejected: [], warnings: [] };

export type StoredReports = Stored & { conversionSource: ConversionSource | null };

/** Of known ads; the months of SNAPSHOTS_TABLE must be there. */
export async function storeReports(
  manager: EntityManager,
  account: Account,
  origin: MetricOrigin,
  snapshots: Indexed<SnapshotValues>[],
  days: Indexed<DayValues>[],
): Promise<StoredReports> {
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
}

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
