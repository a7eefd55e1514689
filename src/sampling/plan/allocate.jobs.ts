// The plan on its clock. Often, because every account's window is in its own time zone.
import { Injectable } from '@nestjs/common';
import { accountsResult } from '../../accounts/index.js';
import {
  JobRegistry,
  nothingDue,
  type Job,
  type JobContext,
  type JobResult,
} from '../../shared/index.js';
import { PlanRunner } from './plan-runner.service.js';

/** Ways in which a scope was looked at and nothing was decided. */
const NOTHING_TO_DO = ['off', 'outside_window', 'decided_before', 'approval_waiting'];

@Injectable()
export class AllocateJobs {
  constructor(
    private readonly plans: PlanRunner,
    registry: JobRegistry,
  ) {
    const job: Job = {
      name: 'allocate',
      schedule: { cron: '*/15 * * * *' },
      describeSchedule: 'every 15 minutes, once per scope and local day within its window',
      heavy: true,
      usesServerClock: false,
      run: (context) => this.decideAll(context),
    };
    registry.register(job);
  }

  private async decideAll({ asOf, signal, report }: JobContext): Promise<JobResult> {
    const run = await this.plans.run(asOf, signal, report);
    if (run === null) return { skipped: 'no_plan' };
    const { counts, accounts } = run;
    const result = accountsResult(counts, accounts);
    const isIdle = Object.keys(counts).every((name) => NOTHING_TO_DO.includes(name));
    return isIdle && accounts.failed.length === 0 ? nothingDue(counts) : result;
  }
}
