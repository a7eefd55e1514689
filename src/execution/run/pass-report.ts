// What a pass did, counted. Pure but for being added to.
import type { AccountsDone } from '../../accounts/index.js';
import type { Outcome } from './account-context.js';

/** How many changes left in which way, beside what the pass did itself. */
export type PassCounts = Record<string, number>;

/** One account or decision never keeps another waiting: whatever failed is told at the end. */
export class PassReport {
  readonly counts: PassCounts = {};
  readonly done: AccountsDone = { succeeded: 0, failed: [] };

  /** `counted` hears of every change, for whoever watches the pass. */
  constructor(private readonly counted: (counts: PassCounts) => void = () => undefined) {}

  add(name: string, count: number): void {
    if (count <= 0) return;
    this.counts[name] = (this.counts[name] ?? 0) + count;
    this.counted(this.counts);
  }

  left(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) this.add(outcome === 'pending' ? 'deferred' : outcome, 1);
    this.done.succeeded += outcomes.length;
  }

  fail(accountId: string, cause: unknown): void {
    const error = cause instanceof Error ? cause.message || cause.name : String(cause);
    this.done.failed.push({ account_id: accountId, error, cause });
  }
}
