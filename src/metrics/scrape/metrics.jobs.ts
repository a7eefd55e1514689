// The scraper on its clock.
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../../accounts/index.js';
import { JobRegistry, nothingDue, type Job, type JobContext } from '../../shared/index.js';
import { Scraper } from './scraper.service.js';

@Injectable()
export class MetricsJobs {
  constructor(
    private readonly accounts: AccountsService,
    private readonly scraper: Scraper,
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

  private async scrapeAll({ signal }: JobContext) {
    const counts = { accounts: 0, without_credentials: 0, ads: 0, snapshots: 0, new_ads: 0 };
    for (const account of await this.accounts.all()) {
      signal.throwIfAborted();
      const scraped = await this.scraper.scrape(account);
      if (!scraped) {
        counts.without_credentials += 1;
        continue;
      }
      counts.accounts += 1;
      counts.ads += scraped.ads;
      counts.snapshots += scraped.snapshots;
      counts.new_ads += scraped.newAds;
    }
    return counts.snapshots + counts.new_ads === 0 ? nothingDue(counts) : { counts };
  }
}
