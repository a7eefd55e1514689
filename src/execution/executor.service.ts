// One pass over everything that is due: decisions into the queue, lapsed claims swept, doubts looked
// into, then claim after claim until nothing is left. Any number of processes may do so at once.
import { randomUUID } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountScope, AdsService, type Account } from '../accounts/index.js';
import { Config, Lifecycle, Log, MILLIS_PER_HOUR } from '../shared/index.js';
import type { AccountPass, Ending } from './account-pass.js';
import type { AdChange } from './change.entity.js';
import { ChangeApplier } from './change-applier.service.js';
import { ChangeWriter } from './change-writer.service.js';
import { DecisionQueue } from './decision-queue.service.js';
import { supersedeOvertaken, sweepLapsed, takeDoubtful } from './doubt.queries.js';
import { guardLimits, longestWindowHours } from './execution-mode.js';
import { claimChanges, isAnythingDue, renewLeases } from './execution.queries.js';
import { accountsWaiting, budgetSightings, releaseWaiting } from './guard.queries.js';

/** Changes held at once: few enough that a shutdown can hand them back within its deadline. */
const CLAIM_MAX = 50;
/** Three renewals fit into a lease, so one that is lost on the way costs nothing. */
const RENEW_MILLIS = 8000;
/** What went wrong in an unforeseen way is tried again later, after everything else. */
const UNFORESEEN_WAIT_MILLIS = 60_000;

/** How many changes left in which way, beside what the pass did itself. */
export type PassCounts = Record<string, number>;

@Injectable()
export class ExecutorService implements BeforeApplicationShutdown {
  private readonly process = randomUUID();
  private passes = 0;
  private last: Promise<unknown> = Promise.resolve();
  private busy = 0;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly scope: AccountScope,
    private readonly ads: AdsService,
    private readonly decisions: DecisionQueue,
    private readonly applier: ChangeApplier,
    private readonly writer: ChangeWriter,
    private readonly config: Config,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
  ) {}

  /** Everything due now. Passes of one process follow one another, so that a caller sees the end. */
  run(signal?: AbortSignal): Promise<PassCounts> {
    this.busy += 1;
    const pass = this.last.then(() => this.pass(signal));
    this.last = pass.catch(() => undefined).finally(() => (this.busy -= 1));
    return pass;
  }

  /** The cheap question of the poll; a pass follows only when there is something to do. */
  async poll(): Promise<void> {
    if (this.busy > 0 || this.lifecycle.isDraining()) return;
    await this.decisions.queueDue();
    const waiting = await accountsWaiting(this.database.manager);
    if (waiting.length > 0) await this.releaseWaiting(waiting);
    if (await isAnythingDue(this.database.manager)) await this.run();
  }

  /** Nest closes the database after this hook. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.last;
  }

  private async pass(signal?: AbortSignal): Promise<PassCounts> {
    const counts: PassCounts = {};
    const { manager } = this.database;
    add(counts, 'queued', await this.decisions.queueDue());
    const swept = await sweepLapsed(manager);
    add(counts, 'freed', swept.freed);
    add(counts, 'doubted', swept.doubtful);
    await this.releaseWaiting(await accountsWaiting(manager));
    await this.settleDoubts(counts, signal);
    add(counts, 'superseded', await supersedeOvertaken(manager));
    this.passes += 1;
    const worker = `${this.process}/${this.passes}`;
    const faults: unknown[] = [];
    while (!this.mustStop(signal)) {
      const claimed = await claimChanges(manager, worker, CLAIM_MAX);
      if (claimed.length === 0) break;
      add(counts, 'claimed', claimed.length);
      await this.applyAll(claimed, worker, counts, faults, signal);
    }
    if (faults.length > 0) throw faults[0];
    return counts;
  }

  /** Accounts side by side, the changes of one account one after another. */
  private async applyAll(
    claimed: AdChange[],
    worker: string,
    counts: PassCounts,
    faults: unknown[],
    signal?: AbortSignal,
  ): Promise<void> {
    const renewal = setInterval(() => void this.renew(worker), RENEW_MILLIS);
    const byAccount = new Map<string, AdChange[]>();
    const paid = claimed.filter(isPaidIncrease);
    const others = claimed.filter((change) => !isPaidIncrease(change));
    for (const change of [...others, ...paid]) {
      byAccount.set(change.accountId, [...(byAccount.get(change.accountId) ?? []), change]);
    }
    const settled = await Promise.allSettled(
      [...byAccount].map(async ([accountId, changes]) => {
        const pass = await this.accountPass(accountId, changes);
        for (const change of changes) {
          const ending = await this.applyOne(change, pass, faults, signal);
          add(counts, ending === 'pending' ? 'deferred' : ending, 1);
        }
      }),
    );
    clearInterval(renewal);
    // What an account still held is swept when its lease has lapsed.
    for (const { reason } of settled.filter((one) => one.status === 'rejected'))
      faults.push(reason);
  }

  private async applyOne(
    change: AdChange,
    pass: AccountPass,
    faults: unknown[],
    signal?: AbortSignal,
  ): Promise<Ending> {
    if (this.mustStop(signal)) return this.applier.handBack(change);
    try {
      return await this.applier.apply(change, pass);
    } catch (error) {
      // One change that cannot be handled must not keep the others waiting; the run still fails.
      faults.push(error);
      this.log.root.error({ err: error, change_id: change.id }, 'change not handled');
      return this.applier.handBack(change, UNFORESEEN_WAIT_MILLIS, 'execution.internal_error');
    }
  }

  private async accountPass(accountId: string, changes: AdChange[]): Promise<AccountPass> {
    const account = await this.accountOf(accountId);
    const adIds = [...new Set(changes.map((change) => change.adId))];
    const now = await this.scope.now(account);
    const hours = longestWindowHours(guardLimits(this.config));
    const since = new Date(now.getTime() - hours * MILLIS_PER_HOUR);
    const ads = await this.ads.all(accountId, { adIds });
    return {
      account,
      ads: new Map(ads.map((ad) => [ad.adId, ad])),
      sightings: await budgetSightings(this.database.manager, accountId, adIds, since),
      now,
      asleep: null,
    };
  }

  private async settleDoubts(counts: PassCounts, signal?: AbortSignal): Promise<void> {
    while (!this.mustStop(signal)) {
      const doubtful = await takeDoubtful(this.database.manager, CLAIM_MAX);
      if (doubtful.length === 0) return;
      const accounts = new Map<string, Account>();
      for (const { change, ageMillis } of doubtful) {
        const { accountId } = change;
        const account = accounts.get(accountId) ?? (await this.accountOf(accountId));
        accounts.set(accountId, account);
        const ending = await this.writer.settleDoubt(change, account, ageMillis);
        add(counts, ending === 'unknown' ? 'still_unknown' : `settled_${ending}`, 1);
      }
    }
  }

  /** A simulated account's waits end on its own clock. */
  private async releaseWaiting(accountIds: string[]): Promise<void> {
    for (const accountId of accountIds) {
      const now = await this.scope.now(await this.accountOf(accountId));
      await releaseWaiting(this.database.manager, accountId, now);
    }
  }

  private async renew(worker: string): Promise<void> {
    try {
      await renewLeases(this.database.manager, worker);
    } catch (error) {
      // The lease may lapse; the mark before every write asks the database whether it has.
      this.log.root.warn({ err: error }, 'leases of changes not renewed');
    }
  }

  private accountOf(accountId: string): Promise<Account> {
    return this.scope.account({ kind: 'admin', name: 'admin' }, accountId);
  }

  private mustStop(signal?: AbortSignal): boolean {
    return this.lifecycle.isDraining() || signal?.aborted === true;
  }
}

/** An increase that a decision's reductions pay for: it comes after them. */
function isPaidIncrease({ origin, requestedMinor, currentMinor }: AdChange): boolean {
  return origin === 'decision' && (requestedMinor ?? 0) > (currentMinor ?? 0);
}

function add(counts: PassCounts, name: string, count: number): void {
  if (count > 0) counts[name] = (counts[name] ?? 0) + count;
}
