// What a cron expression cannot trigger: intervals such as 90 minutes, whose beat lives in the
// database, and ticks that passed while the server was down or the job was busy.
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Config } from '../config/config.js';
import { JobRunner } from './job-runner.js';

/** How late an interval may start; the question costs one small select per job. */
const POLL_MILLIS = 30_000;

@Injectable()
export class OverdueJobs implements OnApplicationBootstrap {
  constructor(
    private readonly runner: JobRunner,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.cronEnabled) await this.runner.anchor();
  }

  @Interval('overdueJobs', POLL_MILLIS)
  poll(): Promise<void> {
    return this.runner.tickAll();
  }
}
