// Reports at rest, within one transaction: what is new, known, contradicted, and what fell.
import type { EntityManager } from 'typeorm';
import { fixConversionSource, type Account, type ConversionSource } from '../../accounts/index.js';
import { BUCKET_MILLIS, type Indexed, type Rejection } from '../../shared/index.js';
import { replaceDays } from './days.queries.js';
import {
  bringsConversions,
  type DayValues,
  type MetricOrigin,
  type SnapshotValues,
} from './metric-values.js';
import { keepReadings } from './readings.queries.js';
import { fallWarning, type MetricWarning } from './report-warnings.js';
import {
  findSnapshots,
  insertSnapshots,
  snapshotIdentity,
  storedBefore,
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
  const entries = [...first.values()].sort(
    (a, b) => a.item.observedAt.getTime() - b.item.observedAt.getTime(),
  );
  const rows = entries.map(({ item }) => item);
  const here = await findSnapshots(manager, accountId, rows);
  const known = new Set(here.map((row) => snapshotIdentity(row.adId, row.observedAt)));
  const fresh = entries.filter(
    ({ item }) => !known.has(snapshotIdentity(item.adId, item.observedAt)),
  );
  const before = await storedBefore(
    manager,
    accountId,
    fresh.map(({ item }) => item),
  );
  const { news, warnings } = newsOf(fresh, before);
  const inserted = await insertSnapshots(manager, accountId, origin, news);
  const stored = new Map<string, SnapshotValues>();
  // Another request may have brought the same instants meanwhile.
  const beaten = news.filter((row) => !inserted.has(snapshotIdentity(row.adId, row.observedAt)));
  const found = beaten.length === 0 ? [] : await findSnapshots(manager, accountId, beaten);
  for (const row of [...rows, ...here, ...found]) {
    stored.set(snapshotIdentity(row.adId, row.observedAt), row);
  }
  const rejected = snapshots.flatMap((entry) => {
    const standing = stored.get(snapshotIdentity(entry.item.adId, entry.item.observedAt));
    return standing && !sameNumbers(standing, entry.item) ? [conflict(entry.index)] : [];
  });
  const refused = new Set(rejected.map(({ index }) => index));
  const held = entries.filter(({ index }) => !refused.has(index)).map(({ item }) => item);
  await keepReadings(manager, accountId, held);
  const accepted = inserted.size;
  const duplicates = snapshots.length - accepted - rejected.length;
  return { accepted, duplicates, rejected, warnings };
}

/** Totals that say nothing new are stored once in so long; that they stood is known anyway. */
const UNCHANGED_MILLIS = BUCKET_MILLIS;

/** Which snapshots are stored, and what is odd about them beside the ones before. */
function newsOf(
  entries: readonly Indexed<SnapshotValues>[],
  stored: ReadonlyMap<SnapshotValues, SnapshotValues>,
): { news: SnapshotValues[]; warnings: MetricWarning[] } {
  const news: SnapshotValues[] = [];
  const warnings: MetricWarning[] = [];
  const inList = new Map<string, SnapshotValues>();
  for (const { index, item } of entries) {
    const [known, listed] = [stored.get(item), inList.get(item.adId)];
    const before = listed && !(known && known.observedAt > listed.observedAt) ? listed : known;
    const warning = fallWarning(index, before, item);
    if (warning) warnings.push(warning);
    const since = item.observedAt.getTime() - (before?.observedAt.getTime() ?? -Infinity);
    if (before && since < UNCHANGED_MILLIS && sameNumbers(before, item)) continue;
    news.push(item);
    inList.set(item.adId, item);
  }
  return { news, warnings };
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
    detail: 'a snapshot of this ad at this instant exists already, with other numbers',
    pointer: `/snapshots/${index}`,
  };
}
