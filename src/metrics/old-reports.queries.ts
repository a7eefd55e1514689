// What grows old of reports. Beliefs read one reading of each six-hour bucket, 180 days back from
// any instant that a caller may name, and before that an object's last one, to which the rest adds.
// All that stays; finer and older readings go.
import { BUCKET_SECONDS, HISTORY_DAYS } from '../shared/history.js';
import type { OldMonthsRule, OldRowsRule } from '../shared/index.js';

const BUCKET = `interval '${BUCKET_SECONDS} seconds'`;
/** The last boundary of buckets that lies in what is old as a whole. */
const OLD_UNTIL = `date_bin(${BUCKET}, $2::timestamptz, 'epoch')`;
const UNREAD_UNTIL = `date_bin(${BUCKET}, $2::timestamptz - interval '${HISTORY_DAYS} days', 'epoch')`;

export const OLD_REPORTS: readonly OldRowsRule[] = [
  {
    table: 'metric_snapshots',
    kind: 'snapshots',
    key: 'ad_id, observed_at',
    old: `select s.ad_id, s.observed_at
            from metric_snapshots s
            left join lateral (
              select min(d.day) + 1 as ended from metric_days d
               where d.account_id = $1 and d.ad_id = s.ad_id) days on true
           where s.account_id = $1 and s.observed_at < ${OLD_UNTIL}
             and exists (
               select from metric_snapshots l
                where l.account_id = $1 and l.ad_id = s.ad_id and l.observed_at > s.observed_at
                  and l.observed_at < greatest(
                        ${UNREAD_UNTIL}, date_bin(${BUCKET}, s.observed_at, 'epoch') + ${BUCKET}))
             -- What stood before an object's first day is what its days are added to.
             and (days.ended is null or s.observed_at >= days.ended or exists (
               select from metric_snapshots l
                where l.account_id = $1 and l.ad_id = s.ad_id and l.observed_at > s.observed_at
                  and l.observed_at < days.ended))`,
  },
  {
    // Nothing reads what a day said before it was restated but a person who asks why.
    table: 'metric_day_history',
    kind: 'snapshots',
    key: 'ad_id, day, attribution_setting, revision',
    old: `select ad_id, day, attribution_setting, revision from metric_day_history
           where account_id = $1 and replaced_at < $2`,
  },
];

const READ_BEFORE = `select from metric_readings l
  where l.account_id = $1 and l.ad_id = r.ad_id and l.bucket_at > r.bucket_at`;

/** Of readings the last before all that may still be asked, and before the first day, stay. */
export const OLD_READINGS: OldRowsRule = {
  table: 'metric_readings',
  kind: 'snapshots',
  key: 'ad_id, bucket_at',
  old: `select r.ad_id, r.bucket_at
          from metric_readings r
          left join lateral (
            select min(d.day) + 1 as ended from metric_days d
             where d.account_id = $1 and d.ad_id = r.ad_id) days on true
         where r.account_id = $1 and r.bucket_at < ${UNREAD_UNTIL}
           and exists (${READ_BEFORE} and l.bucket_at < ${UNREAD_UNTIL})
           and (days.ended is null or r.bucket_at >= days.ended
                or exists (${READ_BEFORE} and l.bucket_at < days.ended))`,
};

/** The digests of the ids stay: an event counts once for ever. */
export const OLD_EVENT_MONTHS: readonly OldMonthsRule[] = [{ table: 'ad_events', kind: 'events' }];
