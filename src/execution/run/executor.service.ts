// Passes over everything that is due: decisions into the queue, lapsed claims swept, doubts looked
// into, then claim after claim until nothing is left. Any number of processes may do so at once.
import { randomUUID } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsService, type AccountFailure, type AccountsDone } from '../../accounts/index.js';
import { Lifecycle, Log } from '../../shared/index.js';
import type { AccountPass, Ending } from './account-pass.js';
import { AccountPasses } from './account-passes.service.js';
import type { AdChange } from '../objects/change.entity.js';
import { ChangeApplier } from './change-applier.service.js';
import { DecisionQueue } from '../queue/decision-queue.service.js';
import { supersedeOvertaken, sweepLapsed, takeDoubtful } from './doubt.queries.js';
import { Doubts } from './doubts.service.js';
import { dueAccounts, isAnythingDue } from '../queue/due.queries.js';
import { claimChanges, renewLeases } from '../queue/claims.queries.js';
import { Lanes } from './lanes.js';
import { Waits } from '../queue/waits.service.js';

/** Changes held at once: few enough that a shutdown can hand them back within its deadline. */
const CLAIM_MAX = 200;
/** Of one pass; each costs a connection while it claims and settles. */
const ACCOUNTS_AT_ONCE = 6;
/** Three renewals fit into a lease, so one that is lost on the way costs nothing. */
const RENEW_MILLIS = 8000;
/**
 * Of an account in a pass, and of taking in more: a queue that never empties would otherwise keep
 * what dead holders left behind, and who waits in line, waiting for ever.
 */
const PASS_MILLIS = 15_000;
/** What went wrong in an unforeseen way is tried again later, after everything else. */
const UNFORESEEN_WAIT_MILLIS = 60_000;

/** How many changes left in which way, beside what the pass did itself. */
export type PassCounts = Record<string, number>;

export interface PassReport {
  counts: PassCounts;
  /** One account or decision never keeps another waiting: whatever failed is told at the end. */
  done: AccountsDone;
}

@Injectable()
export class ExecutorService implements BeforeApplicationShutdown {
  private readonly process = randomUUID();
  private claims = 0;
  /** Names under which this process holds changes now. */
  private readonly holders = new Set<string>();
  private last: Promise<unknown> = Promise.resolve();
  /** Of the pass under way, or of the last one. */
  private accountLanes: Lanes | null = null;
  private passUntil = 0;
  private busy = 0;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly preparation: AccountPasses,
    private readonly decisions: DecisionQueue,
    private readonly applier: ChangeApplier,
    private readonly doubts: Doubts,
    private readonly waits: Waits,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
  ) {}

  /**
   * Everything due now. Passes of one process follow one another, so that a caller sees the end.
   */
  run(signal?: AbortSignal): Promise<PassReport> {
    this.busy += 1;
    const passes = this.last.then(() => this.passes(signal));
    this.last = passes.catch(() => undefined).finally(() => (this.busy -= 1));
    return passes;
  }

  /**
   * The cheap question of the poll; a pass follows only when there is something to do. One that is
   * under way takes in what became due meanwhile: a slow account makes no other wait.
   */
  async poll(): Promise<void> {
    if (this.lifecycle.isDraining()) return;
    await this.decisions.queueDue();
    await this.waits.release();
    const { manager } = this.database;
    if (this.busy > 0) {
      if (performance.now() < this.passUntil) this.accountLanes?.add(await dueAccounts(manager));
    } else if (await isAnythingDue(manager)) await this.run();
  }

  /** Nest closes the database after this hook. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.last;
  }

  private async passes(signal?: AbortSignal): Promise<PassReport> {
    const report: PassReport = { counts: {}, done: { succeeded: 0, failed: [] } };
    const renewal = setInterval(() => void this.renew(), RENEW_MILLIS);
    try {
      while (!(await this.pass(report, signal)) && !this.mustStop(signal));
    } finally {
      clearInterval(renewal);
    }
    return report;
  }

  /** Answers whether nothing was left when its time ended. */
  private async pass(report: PassReport, signal?: AbortSignal): Promise<boolean> {
    const { counts, done } = report;
    const { manager } = this.database;
    const { queued, failed } = await this.decisions.queueDue();
    add(counts, 'queued', queued);
    done.failed.push(...failed);
    done.succeeded += queued;
    const swept = await sweepLapsed(manager);
    add(counts, 'freed', swept.freed);
    add(counts, 'doubted', swept.doubtful);
    done.failed.push(...(await this.waits.release()));
    add(counts, 'superseded', await supersedeOvertaken(manager));
    let isDone = true;
    this.passUntil = performance.now() + PASS_MILLIS;
    this.accountLanes = new Lanes(ACCOUNTS_AT_ONCE, async (accountId) => {
      const isEmpty = await this.drain(accountId, report, signal);
      isDone &&= isEmpty;
    });
    this.accountLanes.add(await dueAccounts(manager));
    // Looks may take as long as the platform likes, and nobody's writes wait for another's doubts.
    // Whatever ends them, the pass ends with its last writer: nobody writes unseen behind it.
    const cameBack = await this.settleDoubts(report, signal).finally(() =>
      this.accountLanes?.end(),
    );
    return isDone && cameBack === 0;
  }

  /** Claim after claim of one account until nothing of it is due (true) or the time is over. */
  private async drain(
    accountId: string,
    report: PassReport,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { counts } = report;
    this.claims += 1;
    const until = performance.now() + PASS_MILLIS;
    const worker = `${this.process}/${this.claims}`;
    this.holders.add(worker);
    try {
      while (!this.mustStop(signal)) {
        const { manager } = this.database;
        const claimed = await claimChanges(manager, worker, CLAIM_MAX, accountId);
        if (claimed.length === 0) return true;
        add(counts, 'claimed', claimed.length);
        const pass = await this.preparation.of(accountId, claimed);
        for (const [index, group] of this.preparation.groups(claimed, pass).entries()) {
          // The first group is never put off, nor is what fails without a call: both would go in
          // circles.
          const isOver = index > 0 && !pass.failure && performance.now() > until;
          const endings =
            isOver || this.mustStop(signal)
              ? await this.applier.handBack(group)
              : await this.applyGroup(group, pass, report);
          report.done.succeeded += endings.length;
          for (const ending of endings) add(counts, ending === 'pending' ? 'deferred' : ending, 1);
        }
        if (performance.now() > until) return false;
      }
      return true;
    } catch (error) {
      // What the account still held is not renewed any more, and swept when its lease has lapsed.
      report.done.failed.push(failureOf(accountId, error));
      return true;
    } finally {
      this.holders.delete(worker);
    }
  }

  private async applyGroup(
    group: AdChange[],
    pass: AccountPass,
    report: PassReport,
  ): Promise<Ending[]> {
    try {
      return await this.applier.apply(group, pass);
    } catch (error) {
      // A group that cannot be handled must not keep the others waiting; the run still fails.
      report.done.failed.push(failureOf(pass.account.accountId, error));
      const ids = group.map(({ id }) => id);
      this.log.root.error({ err: error, change_ids: ids }, 'changes not handled');
      return this.applier.handBack(group, UNFORESEEN_WAIT_MILLIS, 'execution.internal_error');
    }
  }

  /** Answers how many writes were found not to have been taken: those are due again. */
  private async settleDoubts(report: PassReport, signal?: AbortSignal): Promise<number> {
    const { counts } = report;
    let cameBack = 0;
    while (!this.mustStop(signal)) {
      const doubtful = await takeDoubtful(this.database.manager, CLAIM_MAX);
      if (doubtful.length === 0) break;
      const lanes = new Lanes(ACCOUNTS_AT_ONCE, async (accountId) => {
        const doubts = doubtful.filter(({ change }) => change.accountId === accountId);
        try {
          const account = await this.accounts.byId(accountId);
          for (const ending of await this.doubts.settle(account, doubts)) {
            add(counts, ending === 'unknown' ? 'still_unknown' : `settled_${ending}`, 1);
            if (ending === 'pending') cameBack += 1;
          }
        } catch (error) {
          report.done.failed.push(failureOf(accountId, error));
        }
      });
      lanes.add(doubtful.map(({ change }) => change.accountId));
      await lanes.end();
    }
    return cameBack;
  }

  private async renew(): Promise<void> {
    if (this.holders.size === 0) return;
    try {
      await renewLeases(this.database.manager, [...this.holders]);
    } catch (error) {
      // The lease may lapse; the mark before every write asks the database whether it has.
      this.log.root.warn({ err: error }, 'leases of changes not renewed');
    }
  }

  private mustStop(signal?: AbortSignal): boolean {
    return this.lifecycle.isDraining() || signal?.aborted === true;
  }
}

function add(counts: PassCounts, name: string, count: number): void {
  if (count > 0) counts[name] = (counts[name] ?? 0) + count;
}

function failureOf(accountId: string, cause: unknown): AccountFailure {
  const error = cause instanceof Error ? cause.message || cause.name : String(cause);
  return { account_id: accountId, error, cause };
}
