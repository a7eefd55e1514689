// The cross-learner on its clock: nightly, so that a published number moves at most once a day.
import { Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import {
  Clock,
  JobRegistry,
  JobRunner,
  nothingDue,
  type Job,
  type JobContext,
} from '../../shared/index.js';
import { CrossLearner } from './cross-learner.service.js';

@Injectable()
export class CrossLearnerJobs {
  constructor(
    private readonly runner: JobRunner,
    private readonly learner: CrossLearner,
    private readonly clock: Clock,
    registry: JobRegistry,
  ) {
    const job: Job = {
      name: 'crossLearner',
      schedule: { cron: '40 3 * * *' },
      describeSchedule: 'daily at 03:40 UTC',
      heavy: true,
      run: (context) => this.learn(context),
    };
    registry.register(job);
  }

  @Cron('40 3 * * *', { name: 'crossLearner', timeZone: 'UTC' })
  async tick(): Promise<void> {
    await this.runner.tick('crossLearner');
  }

  private async learn({ asOf, signal }: JobContext) {
    const counts = await this.learner.learn(asOf ?? this.clock.now(), signal);
    return counts.published + counts.withdrawn === 0 ? nothingDue(counts) : { counts };
  }
}
