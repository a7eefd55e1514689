// The plan on its clock. Often, because every account's window is in its own time zone.
import { Injectable } from '@nestjs/common';
import {
  JobRegistry,
  nothingDue,
  type Job,
  type JobContext,
  type JobResult,
} from '../../shared/index.js';
import { PlanRunner } from './plan-runner.service.js';

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

  private async decideAll({ asOf, signal }: JobContext): Promise<JobResult> {
    const counts = await this.plans.run(asOf, signal);
    if (counts === null) return { skipped: 'no_plan' };
    const looked = ['off', 'outside_window', 'decided_before'];
    const didSomething = Object.keys(counts).some((name) => !looked.includes(name));
    return didSomething ? { counts } : nothingDue(counts);
  }
}
