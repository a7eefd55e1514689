// Passes over everything that is due: decisions into the queue, lapsed claims swept, unknown
// outcomes reconciled, then claim after claim until nothing is left. Any number of processes may do
// so at once. Called by the `executor` job; each claim goes to `group-runner`.
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsService } from '../../accounts/index.js';
import { Lifecycle, Log, isUnavailable } from '../../shared/index.js';
import type { AdChange } from '../objects/change.entity.js';
import { DecisionQueue } from '../queue/decision-queue.service.js';
import { dueAccounts, isAnythingDue } from '../queue/due.queries.js';
import { Waits } from '../queue/waits.service.js';
import type { AccountContext } from './account-context.js';
import { AccountContexts } from './account-contexts.service.js';
import { ClaimHolder } from './claim-holder.service.js';
import { GroupRunner, type GroupResult } from './group-runner.service.js';
import type { KnownSpend } from './observer.service.js';
import { PassReport, type PassCounts } from './pass-report.js';
import { supersedeOvertaken, sweepLapsed, takeUnknown } from './reconcile.queries.js';
import { Reconciler } from './reconciler.service.js';
import { WorkerSlots } from './worker-slots.js';

/** Changes held at once: few enough that a shutdown can hand them back within its deadline. */
const CLAIM_MAX = 200;
/** Of one pass; each costs a connection while it claims and settles. */
const ACCOUNTS_AT_ONCE = 6;
/**
 * Of an account in a pass, and of taking in more: a queue that never empties would otherwise keep
 * what dead holders left behind, and who waits in line, waiting for ever.
 */
const PASS_MILLIS = 15_000;
/** What went wrong in an unforeseen way is tried again later, after everything else. */
const UNFORESEEN_WAIT_MILLIS = 60_000;
/** A database that could not be had is mostly back after this; the change is not to blame. */
const UNAVAILABLE_WAIT_MILLIS = 2000;

@Injectable()
export class ExecutorService implements BeforeApplicationShutdown {
  private last: Promise<unknown> = Promise.resolve();
  /** Runs under way or in line. */
  private busy = 0;
  /** The accounts of the pass under way, and until when it takes in more. */
  private current: { accounts: WorkerSlots; until: number } | null = null;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly contexts: AccountContexts,
    private readonly decisions: DecisionQueue,
    private readonly claims: ClaimHolder,
    private readonly groups: GroupRunner,
    private readonly reconciler: Reconciler,
    private readonly waits: Waits,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
  ) {}

  /**
   * Everything due now. Passes of one process follow one another, so that a caller sees the end.
   */
  run(signal?: AbortSignal, counted?: (counts: PassCounts) => void): Promise<PassReport> {
    this.busy += 1;
    const passes = this.last.then(() =>
      this.claims.renewing(() => this.passes(new PassReport(counted), signal)),
    );
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
    if (this.busy === 0) {
      if (await isAnythingDue(manager)) await this.run();
    } else if (this.current && performance.now() < this.current.until) {
      this.current.accounts.add(await dueAccounts(manager));
    }
  }

  /** Nest closes the database after this hook. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.last;
  }

  private async passes(report: PassReport, signal?: AbortSignal): Promise<PassReport> {
    let isDone = false;
    while (!isDone && !this.mustStop(signal)) isDone = await this.pass(report, signal);
    return report;
  }

  /** Answers whether nothing was left when its time ended. */
  private async pass(report: PassReport, signal?: AbortSignal): Promise<boolean> {
    const { manager } = this.database;
    const { queued, failed } = await this.decisions.queueDue();
    report.add('queued', queued);
    report.done.succeeded += queued;
    const swept = await sweepLapsed(manager);
    report.add('freed', swept.freed);
    report.add('doubted', swept.doubtful);
    report.done.failed.push(...failed, ...(await this.waits.release()));
    report.add('superseded', await supersedeOvertaken(manager));
    let isDone = true;
    const accounts = new WorkerSlots(ACCOUNTS_AT_ONCE, async (accountId) => {
      const isEmpty = await this.drain(accountId, report, signal);
      isDone &&= isEmpty;
    });
    this.current = { accounts, until: performance.now() + PASS_MILLIS };
    accounts.add(await dueAccounts(manager));
    // Looks may take as long as the platform likes, and nobody's writes wait for another's.
    // Whatever ends them, the pass ends with its last writer: nobody writes unseen behind it.
    const cameBack = await this.reconcile(report, signal).finally(() => accounts.end());
    return isDone && cameBack === 0;
  }

  /** Claim after claim of one account until nothing of it is due (true) or the time is over. */
  private async drain(
    accountId: string,
    report: PassReport,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const until = performance.now() + PASS_MILLIS;
    const spend: KnownSpend = new Map<string, number | null>();
    try {
      return await this.claims.holding(async (claim) => {
        while (!this.mustStop(signal)) {
          const claimed = await claim(accountId, CLAIM_MAX);
          if (claimed.length === 0) return true;
          report.add('claimed', claimed.length);
          await this.carryOut(claimed, { accountId, until, spend, report }, signal);
          if (performance.now() > until) return false;
        }
        return true;
      });
    } catch (error) {
      report.fail(accountId, error);
      return true;
    }
  }

  private async carryOut(
    claimed: AdChange[],
    turn: { accountId: string; until: number; spend: KnownSpend; report: PassReport },
    signal?: AbortSignal,
  ): Promise<void> {
    const { report, spend } = turn;
    let context = await this.contexts.of(turn.accountId, claimed);
    for (const [index, group] of this.contexts.groups(claimed, context).entries()) {
      // The first group is never put off, nor is what fails without a call: both would go in
      // circles.
      const isOver = index > 0 && !context.failure && performance.now() > turn.until;
      if (isOver || this.mustStop(signal)) report.left(await this.groups.handBack(group));
      else {
        const result = await this.runGroup(group, context, spend, report);
        ({ context } = result);
        report.left(result.outcomes);
      }
    }
  }

  /** A change that cannot be handled keeps no other waiting, not even one of its own group. */
  private async runGroup(
    group: AdChange[],
    context: AccountContext,
    spend: KnownSpend,
    report: PassReport,
  ): Promise<GroupResult> {
    try {
      return await this.groups.run(group, context, spend);
    } catch (error) {
      if (group.length > 1 && !isUnavailable(error)) {
        const result: GroupResult = { outcomes: [], context };
        for (const change of group) {
          const one = await this.runGroup([change], result.context, spend, report);
          result.outcomes.push(...one.outcomes);
          result.context = one.context;
        }
        return result;
      }
      const { accountId } = context.account;
      report.fail(accountId, error);
      const ids = group.map(({ id }) => id);
      this.log.root.error({ err: error, change_ids: ids }, 'changes not handled');
      const outcomes = isUnavailable(error)
        ? await this.groups.handBack(group, UNAVAILABLE_WAIT_MILLIS)
        : await this.groups.handBack(group, UNFORESEEN_WAIT_MILLIS, 'execution.internal_error');
      // Nothing was done, so it is no success either.
      report.done.succeeded -= outcomes.length;
      return { outcomes, context };
    }
  }

  /** Answers how many writes were found not to have been taken: those are due again. */
  private async reconcile(report: PassReport, signal?: AbortSignal): Promise<number> {
    let cameBack = 0;
    while (!this.mustStop(signal)) {
      const unknown = await takeUnknown(this.database.manager, CLAIM_MAX);
      if (unknown.length === 0) break;
      const slots = new WorkerSlots(ACCOUNTS_AT_ONCE, async (accountId) => {
        const own = unknown.filter(({ change }) => change.accountId === accountId);
        try {
          const account = await this.accounts.byId(accountId);
          for (const outcome of await this.reconciler.settle(account, own)) {
            report.add(outcome === 'unknown' ? 'still_unknown' : `settled_${outcome}`, 1);
            report.done.succeeded += 1;
            if (outcome === 'pending') cameBack += 1;
          }
        } catch (error) {
          report.fail(accountId, error);
        }
      });
      slots.add(unknown.map(({ change }) => change.accountId));
      await slots.end();
    }
    return cameBack;
  }

  private mustStop(signal?: AbortSignal): boolean {
    return this.lifecycle.isDraining() || signal?.aborted === true;
  }
}
