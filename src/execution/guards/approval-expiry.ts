// How long a change waits for a person. Pure. Amounts decided a day ago rest on evidence and
// budgets of a day ago: agreed to later, they would undo what happened since.
import { MILLIS_PER_DAY } from '../../shared/time.js';

/** By the account's own clock. */
export function approvalExpiry(now: Date): Date {
  return new Date(now.getTime() + MILLIS_PER_DAY);
}
