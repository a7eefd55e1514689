// The executor on its clocks: the job of every minute, and a poll so that a due change does not
// wait for it. Both take the same leased road.
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
import { ExecutorService } from './executor.service.js';
import { KillSwitch } from '../guards/kill-switch.service.js';

/** A due change starts within two seconds, a marked decision is queued within two. */
const POLL_MILLIS = 1000;

@Injectable()
export class ExecutorJobs {
  constructor(
    private readonly executor: ExecutorService,
    private readonly killSwitch: KillSwitch,
    registry: JobRegistry,
  ) {
    const job: Job = {
      name: 'executor',
      schedule: { cron: '* * * * *' },
      describeSchedule: 'every minute',
      heavy: false,
      usesServerClock: true,
      run: (context) => this.execute(context),
    };
    registry.register(job);
  }

  @Interval('executorPoll', POLL_MILLIS)
  poll(): Promise<void> {
    return this.executor.poll();
  }

  private async execute({ signal, report }: JobContext): Promise<JobResult> {
    const { counts, done } = await this.executor.run(signal, report);
    signal.throwIfAborted();
    const didNothing = Object.keys(counts).length === 0 && done.failed.length === 0;
    if (didNothing && (await this.killSwitch.state()).isPaused) return { skipped: 'paused' };
    return didNothing ? nothingDue() : accountsResult(counts, done);
  }
}
