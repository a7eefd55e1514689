// What grows old of conversions and clicks. What still waits to be sent stays, whatever its age; so
// do the digests by which a repetition is known.
import type { OldRowsRule } from '../shared/index.js';

export const OLD_CONVERSIONS: readonly OldRowsRule[] = [
  {
    table: 'conversions',
    kind: 'conversions',
    key: 'received_at, id',
    old: `select received_at, id from conversions
           where account_id = $1 and received_at < $2
             and status not in ('queued', 'retrying')`,
  },
  {
    table: 'conversion_credits',
    kind: 'conversions',
    key: 'conversion_id, revision',
    // A conversion's entries go together: its net is their sum.
    old: `select c.conversion_id, c.revision from conversion_credits c
           where c.account_id = $1 and c.occurred_at < $2 and not exists (
             select from conversion_credits l
              where l.account_id = $1 and l.conversion_id = c.conversion_id
                and l.created_at >= $2)`,
  },
  {
    table: 'conversion_adjustments',
    kind: 'conversions',
    key: 'adjustment_id',
    old: `select adjustment_id from conversion_adjustments
           where account_id = $1 and received_at < $2`,
  },
  {
    table: 'conversion_tallies',
    kind: 'conversions',
    key: 'hour, outcome',
    old: `select hour, outcome from conversion_tallies where account_id = $1 and hour < $2`,
  },
  {
    table: 'clicks',
    kind: 'clicks',
    key: 'click_id',
    old: `select click_id from clicks where account_id = $1 and landed_at < $2`,
  },
  {
    table: 'attribution_touches',
    kind: 'clicks',
    key: 'touch_key, touched_at, ad_id',
    old: `select touch_key, touched_at, ad_id from attribution_touches
           where account_id = $1 and touched_at < $2`,
  },
];
