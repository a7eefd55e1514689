// What starts jobs by itself: a cron for each that has one, and a look for what no cron can
// trigger, which is intervals such as 90 minutes, whose beat lives in the database, and ticks that
// passed while the server was down or the job was busy.
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval, SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { Config } from '../config/config.js';
import { Log } from '../log.js';
import { JobRegistry } from './job-registry.js';
import { JobRunner } from './job-runner.js';

/** How late an interval may start; the question costs one small select per job. */
const POLL_MILLIS = 30_000;

@Injectable()
export class JobClock implements OnApplicationBootstrap {
  constructor(
    private readonly runner: JobRunner,
    private readonly registry: JobRegistry,
    private readonly crons: SchedulerRegistry,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /** Rooms register their jobs while they are being built, so by now all are known. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.cronEnabled) return;
    await this.runner.anchor();
    for (const { name, schedule } of this.registry.all()) {
      if (!('cron' in schedule)) continue;
      const onTick = () => void this.tick(name);
      const cron = CronJob.from({ cronTime: schedule.cron, onTick, start: true, timeZone: 'UTC' });
      this.crons.addCronJob(name, cron);
    }
  }

  @Interval('overdueJobs', POLL_MILLIS)
  poll(): Promise<void> {
    return this.runner.tickAll();
  }

  private async tick(name: string): Promise<void> {
    try {
      await this.runner.tick(name);
    } catch (error) {
      // The tick is not lost: nobody has claimed it, so the next look for overdue ones finds it.
      this.log.root.error({ err: error, job: name }, 'job not started');
    }
  }
}
