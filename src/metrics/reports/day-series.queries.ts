// Days go out: what stands of them beside each object's readings, day by day as far back as beliefs
// look, and as one sum before.
import type { EntityManager } from 'typeorm';
import { addDays, HISTORY_DAYS, localDay } from '../../shared/index.js';
import { LATEST_OF_DAY, STANDING_DAYS, sumDays, type DayRange } from './day-months.queries.js';
import type { DaySums, DayValues, SnapshotValues } from './metric-values.js';
import { daysStandAlone, type Reports } from './totals.js';

/** Before all days that are taken. */
const FIRST_DAY = '1970-01-01';

/** `since`: the first day that is asked for by itself; `until`: the last of all. */
export async function standingReports(
  manager: EntityManager,
  { accountId, timezone }: { accountId: string; timezone: string },
  snapshots: ReadonlyMap<string, SnapshotValues[]>,
  adIds: readonly string[],
  { since, until }: { since: string; until: string },
): Promise<Map<string, Reports>> {
  const reported = await objectsWithDays(manager, accountId, adIds);
  const lastOf = (adId: string) => snapshots.get(adId)?.at(-1);
  const sums = (ranges: DayRange[]) => sumDays(manager, accountId, ranges);
  const covered = await sums(
    reported.flatMap((adId): DayRange[] => {
      const last = lastOf(adId);
      return last ? [{ adId, from: FIRST_DAY, until: localDay(last.observedAt, timezone) }] : [];
    }),
  );
  const standing = reported.map((adId): DayRange => {
    const last = lastOf(adId);
    const from =
      last && !daysStandAlone(last, covered.get(adId))
        ? addDays(localDay(last.observedAt, timezone), 1)
        : FIRST_DAY;
    return { adId, from, until };
  });
  const { days, earlier } = await seriesSince(manager, accountId, standing, () => since);
  // What ended longer ago is told by its own last days: a proven rate is not forgotten for rest.
  const ended = standing.filter(({ adId }) => !days.has(adId) && earlier.has(adId));
  const lastDay = (adId: string) => earlier.get(adId)?.lastDay ?? since;
  const own = await seriesSince(manager, accountId, ended, (adId) =>
    addDays(lastDay(adId), -HISTORY_DAYS),
  );
  for (const [adId, series] of own.days) days.set(adId, series);
  for (const { adId } of ended) {
    const before = own.earlier.get(adId);
    if (before) earlier.set(adId, before);
    else earlier.delete(adId);
  }
  const alone = new Set(standing.flatMap(({ adId, from }) => (from === FIRST_DAY ? [adId] : [])));
  return new Map(
    adIds.map((adId): [string, Reports] => {
      const before = earlier.get(adId);
      const reports: Reports = {
        snapshots: alone.has(adId) ? [] : (snapshots.get(adId) ?? []),
        days: days.get(adId) ?? [],
      };
      return [adId, before ? { ...reports, earlier: before } : reports];
    }),
  );
}

/** Days of the ranges: from `since` on one by one, those before as one sum. */
async function seriesSince(
  manager: EntityManager,
  accountId: string,
  ranges: readonly DayRange[],
  since: (adId: string) => string,
): Promise<{ days: Map<string, DayValues[]>; earlier: Map<string, DaySums> }> {
  const old = ranges.filter(({ adId, from }) => from < since(adId));
  const until = ({ adId }: DayRange) => addDays(since(adId), -1);
  const earlier = await sumDays(
    manager,
    accountId,
    old.map((range) => ({ ...range, until: until(range) })),
  );
  const recent = ranges.map((range) =>
    range.from < since(range.adId) ? { ...range, from: since(range.adId) } : range,
  );
  return { days: await daySeries(manager, accountId, recent), earlier };
}

async function objectsWithDays(
  manager: EntityManager,
  accountId: string,
  adIds: readonly string[],
): Promise<string[]> {
  const rows: { adId: string }[] = await manager.query(
    `select distinct ad_id as "adId" from metric_day_months
      where account_id = $1 and ad_id = any ($2::text[])`,
    [accountId, adIds],
  );
  return rows.map(({ adId }) => adId);
}

/** Ascending per object. */
async function daySeries(
  manager: EntityManager,
  accountId: string,
  ranges: readonly DayRange[],
): Promise<Map<string, DayValues[]>> {
  if (ranges.length === 0) return new Map();
  const rows: DayValues[] = await manager.query(
    `select s.ad_id as "adId", to_char(s.day, 'YYYY-MM-DD') as day,
            s.attribution_setting as "attributionSetting", s.impressions::float8, s.clicks::float8,
            s.spend_minor::float8 as "spendMinor", s.conversions::float8,
            s.view_conversions::float8 as "viewConversions", s.leads::float8,
            s.revenue_minor::float8 as "revenueMinor"
       from unnest($2::text[], $3::date[], $4::date[]) as r (ad_id, since, until)
      cross join lateral (${STANDING_DAYS}
        where d.account_id = $1 and d.ad_id = r.ad_id and d.day between r.since and r.until
        ${LATEST_OF_DAY}) s
      order by s.ad_id, s.day`,
    [
      accountId,
      ranges.map(({ adId }) => adId),
      ranges.map(({ from }) => from),
      ranges.map(({ until }) => until),
    ],
  );
  const series = new Map<string, DayValues[]>();
  for (const row of rows) {
    const known = series.get(row.adId);
    if (known) known.push(row);
    else series.set(row.adId, [row]);
  }
  return series;
}
