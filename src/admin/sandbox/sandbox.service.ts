// Simulated accounts: made with a history behind them, and sent ahead in time with the loop
// turning.
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AccountScope, AccountsService, AdsService, type Account } from '../../accounts/index.js';
import { BudgetReach } from '../../execution/index.js';
import type { Scraped } from '../../metrics/index.js';
import { advanceWithReadings, createWorld, type WorldName } from '../../platforms/index.js';
import {
  DecisionsService,
  DecisionsToQueue,
  SamplingService,
  type DecisionReply,
} from '../../sampling/index.js';
import {
  Clock,
  Config,
  DomainError,
  JobRunner,
  MILLIS_PER_DAY,
  MILLIS_PER_HOUR,
  freshSeed,
  toMajor,
  type JobRun,
} from '../../shared/index.js';
import { READING_HOURS, SandboxTime } from './sandbox-time.service.js';

const FIRST_ACCOUNT = 'sandbox';
const HISTORY_DAYS = 30;
/**
 * The first sandbox looks the same on every machine, so that the tour's numbers can be followed.
 */
const FIRST_SEED = 20261122;
/** An executor run elsewhere is waited for this often; it then handled our changes too. */
const EXECUTOR_TRIES = 20;
const EXECUTOR_WAIT_MILLIS = 250;

export interface NewSandbox {
  accountId: string;
  name: string;
  world: WorldName;
  ads: number;
  seed?: number;
  historyDays: number;
  currency: string;
}

export interface Turn {
  clockBefore: Date;
  clockAfter: Date;
  decision: DecisionReply | null;
  execution: JobRun | null;
  measured: Scraped;
}

@Injectable()
export class SandboxService implements OnApplicationBootstrap {
  constructor(
    private readonly accounts: AccountsService,
    private readonly ads: AdsService,
    private readonly scope: AccountScope,
    private readonly time: SandboxTime,
    private readonly sampling: SamplingService,
    private readonly decisions: DecisionsService,
    private readonly queue: DecisionsToQueue,
    private readonly reach: BudgetReach,
    private readonly runner: JobRunner,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** A new house has one account to look at: simulated, and labelled so everywhere. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.config.databaseUrl !== null && this.config.executionMode !== 'sandbox') return;
    if ((await this.accounts.all()).length > 0) return;
    await this.create({
      accountId: FIRST_ACCOUNT,
      name: 'Sandbox (simulated)',
      world: 'ecom',
      ads: 12,
      seed: FIRST_SEED,
      historyDays: HISTORY_DAYS,
      currency: 'USD',
    });
  }

  /** 409 `accounts.exists` when the id is taken. */
  async create(request: NewSandbox): Promise<{ account: Account; apiKey: string }> {
    const { accountId, name, currency, historyDays } = request;
    const now = this.clock.now().getTime();
    const start = createWorld({
      seed: request.seed ?? freshSeed(),
      world: request.world,
      adCount: request.ads,
      startAt: now - historyDays * MILLIS_PER_DAY,
      currency,
      horizonDays: historyDays + HISTORY_DAYS,
    });
    const { world, readings } = advanceWithReadings(start, now, READING_HOURS);
    const account = { account_id: accountId, name, currency, timezone: 'UTC' };
    return this.time.begin(
      (manager) => this.accounts.create(account, true, manager),
      world,
      readings,
    );
  }

  /**
   * Lets simulated hours pass. With `turn` the loop turns first: a decision on the present beliefs
   * (same total as now), carried out, then the world lives on and is measured.
   */
  async advance(account: Account, hours: number, turn: boolean): Promise<Turn> {
    if (!account.simulated) {
      throw new DomainError(
        422,
        'sandbox.not_simulated',
        'Only simulated accounts can time-travel.',
      );
    }
    const clockBefore = await this.scope.now(account);
    // Whoever was asked has not answered yet: the clock does not decide over a person's head.
    const waits = turn && (await this.queue.awaitsApproval(account.accountId));
    const decision = turn && !waits ? await this.decide(account, clockBefore) : null;
    const execution = decision || waits ? await this.execute() : null;
    const until = new Date(clockBefore.getTime() + hours * MILLIS_PER_HOUR);
    const measured = await this.time.advance(account, until);
    return {
      clockBefore,
      clockAfter: await this.scope.now(account),
      decision,
      execution,
      measured,
    };
  }

  private async decide(account: Account, asOf: Date): Promise<DecisionReply | null> {
    const ads = await this.ads.all(account.accountId);
    const active = ads.filter((ad) => ad.status === 'active');
    const current = active.reduce((sum, ad) => sum + (ad.dailyBudgetMinor ?? 0), 0);
    if (current === 0) return null;
    // A raise that had to wait must not shrink the total for good: the last decision's total
    // stands.
    const [last] = (await this.decisions.list(account.accountId, { limit: 1 })).items;
    return this.sampling.allocate(account, {
      totalBudget: toMajor(Math.max(current, last?.totalBudgetMinor ?? 0), account.currency),
      reach: await this.reach.of(account, active),
      asOf,
      apply: true,
      requestedBy: 'sandbox clock',
    });
  }

  private async execute(): Promise<JobRun> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { finished } = await this.runner.start('executor', { trigger: 'manual' });
        return await finished;
      } catch (error) {
        const busy = error instanceof DomainError && error.code === 'jobs.already_running';
        if (!busy || attempt >= EXECUTOR_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, EXECUTOR_WAIT_MILLIS));
      }
    }
  }
}
