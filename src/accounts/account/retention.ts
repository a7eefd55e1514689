// How far back an account's rows reach. What lies before is refused where it comes in, so that
// nothing is stored (and no partition made) only to be removed the next night.
import { EARLIEST_MILLIS, RETENTION_DAYS, type RetentionDays } from '../../shared/history.js';
import { MILLIS_PER_DAY } from '../../shared/time.js';
import type { AccountSettings } from './account-settings.js';

/** Days of each kind; what an account has not set is the default. */
export function retentionDays(settings: Partial<AccountSettings>): RetentionDays {
  return { ...RETENTION_DAYS, ...settings.retention_days };
}

/** The first instant whose rows of a kind are kept, judged at `now` by the server's clock. */
export function oldestKept(
  { settings }: { settings: Partial<AccountSettings> },
  kind: keyof RetentionDays,
  now: Date,
): Date {
  const days = retentionDays(settings)[kind];
  return new Date(Math.max(now.getTime() - days * MILLIS_PER_DAY, EARLIEST_MILLIS));
}
