// Every loop over accounts: what goes wrong with one of them is told and never keeps the others
// waiting.
import { isUnavailable } from '../../shared/database/unavailable.js';
import type { JobCounts, JobResult } from '../../shared/index.js';

export interface AccountFailure {
  account_id: string;
  /** One sentence. */
  error: string;
  cause: unknown;
}

export interface AccountsDone {
  succeeded: number;
  /** In the order of the accounts. */
  failed: AccountFailure[];
}

/**
 * Does the work for one account after the other. Rejects when the signal is aborted, and when the
 * database cannot be had: that is no account's fault and would be every account's.
 */
export async function forEachAccount<A extends { accountId: string }>(
  accounts: Iterable<A>,
  signal: AbortSignal,
  work: (account: A) => Promise<void>,
): Promise<AccountsDone> {
  const done: AccountsDone = { succeeded: 0, failed: [] };
  for (const account of accounts) {
    signal.throwIfAborted();
    try {
      await work(account);
      done.succeeded += 1;
    } catch (cause) {
      // What is thrown after an abort is its echo, not this account's fault.
      signal.throwIfAborted();
      if (isUnavailable(cause)) throw cause;
      const error = cause instanceof Error ? cause.message || cause.name : String(cause);
      done.failed.push({ account_id: account.accountId, error, cause });
    }
  }
  return done;
}

/**
 * How a run over accounts ends: in part, with `counts.failed` and the first fault told, or with
 * that fault thrown when no account succeeded.
 */
export function accountsResult(counts: JobCounts, done: AccountsDone): JobResult {
  const fault = firstFault(done);
  if (fault === null) return { counts };
  if (done.succeeded === 0) throw fault;
  const failures = done.failed.map(({ account_id, error }) => ({ account_id, error }));
  return { counts: { ...counts, failed: done.failed.length }, fault, failures };
}

/** The first fault, with the account's name; its cause is for the log. */
function firstFault({ failed }: AccountsDone): Error | null {
  const [first] = failed;
  if (!first) return null;
  const others = failed.length === 1 ? '' : ` (and ${failed.length - 1} more accounts)`;
  return new Error(`account ${first.account_id}: ${first.error}${others}`, { cause: first.cause });
}
