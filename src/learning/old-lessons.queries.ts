// What grows old of learning: what single events taught, and minutes that no scan for drift reads
// any more. Evidence by six hours, models and drifts stay: they are small, beliefs stand on them.
import type { OldMonthsRule, OldRowsRule } from '../shared/index.js';

export const OLD_LESSONS: readonly OldRowsRule[] = [
  {
    table: 'ad_minutes',
    kind: 'events',
    key: 'ad_id, cohort_at',
    old: `select ad_id, cohort_at from ad_minutes
           where account_id = $1 and cohort_at < $2::timestamptz - interval '6 hours'`,
  },
  {
    table: 'click_conversions',
    kind: 'events',
    key: 'click_id, event_digest',
    old: `select click_id, event_digest from click_conversions
           where account_id = $1 and occurred_at < $2`,
  },
];

export const OLD_LESSON_MONTHS: readonly OldMonthsRule[] = [
  { table: 'learned_events', kind: 'events' },
];
