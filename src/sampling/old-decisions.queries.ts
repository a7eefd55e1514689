// What grows old of sampling: decisions, but for those that wait to be applied or whose changes are
// still open, unknown or with a person.
import type { OldRowsRule } from '../shared/index.js';

/** One holds inputs and answer of all its ads: megabytes in large accounts. */
const BATCH_DECISIONS = 100;

export const OLD_DECISIONS: readonly OldRowsRule[] = [
  {
    table: 'sampling_decisions',
    kind: 'decisions',
    batch: BATCH_DECISIONS,
    key: 'decision_id',
    old: `select d.decision_id from sampling_decisions d
           where d.account_id = $1 and d.created_at < $2 and d.as_of < $2
             and (d.apply_requested_at is null or d.queued_at is not null
                  or d.queue_failed_at is not null)
             and not exists (
               select from decisions_with_open_changes o
                where o.account_id = $1 and o.decision_id = d.decision_id)`,
  },
];
