// The state of the loop for one account, asked of every room through its own door.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountScope, AdsService, type Account } from '../../accounts/index.js';
import { KillSwitch, pausedBy, readExecutionOverview } from '../../execution/index.js';
import { BeliefsService } from '../../learning/index.js';
import { readMetricsOverview } from '../../metrics/index.js';
import { readDecisionsOverview } from '../../sampling/index.js';
import { Clock, JobHistory, showJobRun } from '../../shared/index.js';
import type { LoopFacts } from './loop-facts.js';
import { JOB_OF_STAGE, drawStages } from './loop-stages.js';

@Injectable()
export class LoopService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly scope: AccountScope,
    private readonly ads: AdsService,
    private readonly beliefs: BeliefsService,
    private readonly killSwitch: KillSwitch,
    private readonly history: JobHistory,
    private readonly clock: Clock,
  ) {}

  async ofAccount(account: Account) {
    const [facts, jobs] = await Promise.all([this.facts(account), this.history.overview()]);
    const runs = new Map(jobs.map((job) => [job.name, job.lastRun]));
    const { isPaused, changedBy, changedAt } = facts.execute.switches.all;
    return {
      account: {
        account_id: account.accountId,
        name: account.name,
        currency: account.currency,
        timezone: account.timezone,
      },
      simulated: account.simulated,
      clock: facts.now.toISOString(),
      server_time: facts.serverNow.toISOString(),
      execution: {
        paused: isPaused,
        changed_by: changedBy,
        changed_at: changedAt.toISOString(),
        // What holds this account back, be it its own switch or that of all.
        account_paused_by: pausedBy(facts.execute.switches),
      },
      stages: drawStages({ ...facts, jobs }).map((stage) => {
        const job = JOB_OF_STAGE[stage.name];
        const run = (job !== null && runs.get(job)) || null;
        const isKnown = job !== null && runs.has(job);
        return { ...stage, job: isKnown ? job : null, last_run: run && showJobRun(run) };
      }),
    };
  }

  private async facts(account: Account): Promise<Omit<LoopFacts, 'jobs'>> {
    const { manager } = this.database;
    const { accountId, simulated } = account;
    const serverNow = this.clock.now();
    const now = await this.scope.now(account);
    const ads = await this.ads.statuses(accountId);
    const adIds = ads.map(({ adId }) => adId);
    const [prior, metrics, decide, changes, switches] = await Promise.all([
      this.beliefs.prior(account, now),
      readMetricsOverview(manager, account, adIds, now),
      readDecisionsOverview(manager, accountId, now),
      readExecutionOverview(manager, accountId, now, serverNow),
      this.killSwitch.ofAccount(accountId),
    ]);
    const activeAds = ads.filter(({ status }) => status === 'active').length;
    const measure = { ads: ads.length, activeAds, ...metrics };
    const execute = { ...changes, switches };
    return {
      accountId,
      simulated,
      now,
      serverNow,
      measure,
      believe: prior.sums,
      decide,
      execute,
    };
  }
}
