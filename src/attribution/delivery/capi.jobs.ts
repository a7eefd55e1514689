// Delivery on its clocks: the job of every minute, and a poll so that an event leaves within
// seconds.
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import {
  JobRegistry,
  nothingDue,
  type Job,
  type JobContext,
  type JobResult,
} from '../../shared/index.js';
import { accountsResult } from '../../accounts/index.js';
import { LateMatches } from '../matching/late-matches.service.js';
import { DeliveryService, type DeliveryCounts } from './delivery.service.js';

const POLL_MILLIS = 1000;

@Injectable()
export class CapiJobs {
  constructor(
    private readonly delivery: DeliveryService,
    private readonly late: LateMatches,
    registry: JobRegistry,
  ) {
    const job: Job = {
      name: 'capi',
      schedule: { cron: '* * * * *' },
      describeSchedule: 'every minute',
      heavy: false,
      usesServerClock: true,
      run: (context) => this.deliver(context),
    };
    registry.register(job);
  }

  @Interval('capiPoll', POLL_MILLIS)
  poll(): Promise<void> {
    return this.delivery.poll();
  }

  @Interval('lateAdsPoll', POLL_MILLIS)
  pollAds(): Promise<void> {
    return this.late.poll();
  }

  private async deliver({ signal, report }: JobContext): Promise<JobResult> {
    const newAds = await this.late.ofNewAds(signal);
    const lately = await this.late.ofLastMinutes(signal);
    const withLate = (counts: DeliveryCounts) => {
      const all = { ...counts, matched_late: newAds.matched + lately.matched };
      return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
    };
    const { counts, accounts } = await this.delivery.run(signal, (soFar) => {
      report(withLate(soFar));
    });
    signal.throwIfAborted();
    const seen = withLate(counts);
    const parts = [newAds.accounts, lately.accounts, accounts];
    const failed = parts.flatMap((part) => part.failed);
    if (failed.length === 0 && Object.keys(seen).length === 0) return nothingDue();
    const succeeded = parts.reduce((sum, part) => sum + part.succeeded, 0);
    return accountsResult(seen, { succeeded, failed });
  }
}
