import { Injectable } from '@nestjs/common';
import { DomainError } from '../errors.js';
import type { Job } from './job.js';
import { scheduleFault } from './schedule.js';

/** The jobs of this program. Each room registers its own while it is being built. */
@Injectable()
export class JobRegistry {
  private readonly jobs = new Map<string, Job>();

  /** @throws Error on a name taken or a schedule that cannot be kept: both are bugs. */
  register(job: Job): void {
    if (this.jobs.has(job.name)) throw new Error(`two jobs are called ${job.name}`);
    const fault = scheduleFault(job.schedule);
    if (fault !== null) throw new Error(`the schedule of job ${job.name}: ${fault}`);
    this.jobs.set(job.name, job);
  }

  /** @throws DomainError 404 `jobs.unknown` naming the jobs that exist. */
  get(name: string): Job {
    const job = this.jobs.get(name);
    if (job) return job;
    const names = this.names().join(', ') || 'none';
    throw new DomainError(404, 'jobs.unknown', `There is no such job; the jobs are: ${names}.`);
  }

  names(): string[] {
    return [...this.jobs.keys()].sort();
  }

  all(): Job[] {
    return this.names().map((name) => this.get(name));
  }
}
