// The cross-learner on its clock: nightly, so that a published number moves at most once a day.
import { Injectable } from '@nestjs/common';
import { Clock, JobRegistry, type Job } from '../shared/index.js';
import { CrossLearner } from './cross-learner.service.js';

@Injectable()
export class CrossLearnerJobs {
  constructor(
    private readonly learner: CrossLearner,
    private readonly clock: Clock,
    registry: JobRegistry,
  ) {
    const job: Job = {
      name: 'crossLearner',
      schedule: { cron: '40 3 * * *' },
      describeSchedule: 'daily at 03:40 UTC',
      heavy: true,
      usesServerClock: false,
      run: ({ asOf, signal, report }) =>
        this.learner.learn(asOf ?? this.clock.now(), signal, report),
    };
    registry.register(job);
  }
}
