// Every source of figures, read on the clock.
import { Injectable } from '@nestjs/common';
import { AccountsService, accountsResult, forEachAccount } from '../../accounts/index.js';
import { JobRegistry, nothingDue, type Job, type JobContext } from '../../shared/index.js';
import { MetricSources } from './metric-sources.service.js';

@Injectable()
export class MetricsJobs {
  constructor(
    private readonly accounts: AccountsService,
    private readonly sources: MetricSources,
    registry: JobRegistry,
  ) {
    const job: Job = {
      name: 'metrics',
      schedule: { cron: '*/20 * * * *' },
      describeSchedule: 'every 20 minutes',
      heavy: false,
      usesServerClock: false,
      run: (context) => this.scrapeAll(context),
    };
    registry.register(job);
  }

  private async scrapeAll({ signal, report }: JobContext) {
    const counts = { accounts: 0, without_credentials: 0, ads: 0, snapshots: 0, new_ads: 0 };
    const accounts = await this.accounts.all();
    const readings = this.sources.all.flatMap((source) =>
      accounts
        .filter((account) => source.takes(account))
        .map((account) => ({ accountId: account.accountId, account, source })),
    );
    const done = await forEachAccount(readings, signal, async ({ account, source }) => {
      const scraped = await source.read(account);
      if (!scraped) {
        counts.without_credentials += 1;
        return;
      }
      counts.accounts += 1;
      counts.ads += scraped.ads;
      counts.snapshots += scraped.snapshots;
      counts.new_ads += scraped.newAds;
      report(counts);
    });
    if (done.failed.length > 0) {
      return accountsResult(counts, { ...done, succeeded: counts.accounts });
    }
    return counts.snapshots + counts.new_ads === 0 ? nothingDue(counts) : { counts };
  }
}
