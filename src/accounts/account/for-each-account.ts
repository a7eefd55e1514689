// Every loop over accounts: what goes wrong with one of them is told and never keeps the others
// waiting.
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

/** Does the work for one account after the other. Rejects only when the signal is aborted. */
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
  return { counts: { ...counts, failed: done.failed.length }, fault };
}

/** The first fault, with the account's name; its cause is for the log. */
export function firstFault({ failed }: AccountsDone): Error | null {
  const [first] = failed;
  if (!first) return null;
  const others = failed.length === 1 ? '' : ` (and ${failed.length - 1} more accounts)`;
  return new Error(`account ${first.account_id}: ${first.error}${others}`, { cause: first.cause });
}
