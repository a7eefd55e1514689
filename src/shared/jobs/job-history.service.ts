// What the jobs did and when they are next: for the admin endpoints, the page and monitoring.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../config/config.js';
import { invalidInput } from '../http/input.js';
import { readCursor, toPage, type Page, type PageQuery } from '../http/pagination.js';
import { parseInstant } from '../time.js';
import { showJobRun, type JobRun } from './job.js';
import { JobRegistry } from './job-registry.js';
import { listRuns, readJobFigures, readJobStates, type JobFigures } from './job-runs.queries.js';
import { nextRunAt } from './schedule.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface JobOverview {
  name: string;
  /** In words. */
  schedule: string;
  /** null while nothing starts by itself (CRON_ENABLED=false). */
  nextRunAt: Date | null;
  running: boolean;
  lastRun: JobRun | null;
}

@Injectable()
export class JobHistory {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly registry: JobRegistry,
    private readonly config: Config,
  ) {}

  /** Every job of the program, in the order of their names. */
  async overview(): Promise<JobOverview[]> {
    const jobs = this.registry.all();
    const names = jobs.map((job) => job.name);
    const { now, states } = await readJobStates(this.database.manager, names);
    return states.map(({ name, lastDueAt, lastRun }) => {
      const { schedule, describeSchedule } = this.registry.get(name);
      return {
        name,
        schedule: describeSchedule,
        nextRunAt: this.config.cronEnabled ? nextRunAt(schedule, lastDueAt, now) : null,
        running: lastRun?.status === 'running',
        lastRun,
      };
    });
  }

  /**
   * Runs, newest first, in the words of the contract.
   * @throws DomainError 404 `jobs.unknown` naming the jobs that exist
   */
  async runs(
    page: PageQuery,
    name: string | null = null,
  ): Promise<Page<ReturnType<typeof showJobRun>>> {
    if (name !== null) this.registry.get(name);
    const rows = await listRuns(this.database.manager, {
      name,
      limit: page.limit + 1,
      after: readAfter(page.cursor),
    });
    return toPage(
      rows,
      page.limit,
      (row) => row.sortKey,
      (row) => showJobRun(row.run),
    );
  }

  async figures(): Promise<JobFigures[]> {
    return readJobFigures(this.database.manager);
  }
}

function readAfter(cursor: string | undefined): { startedAt: string; runId: string } | null {
  const parts = readCursor(cursor, 2);
  if (parts === null) return null;
  const [startedAt = '', runId = ''] = parts;
  if (parseInstant(startedAt) && UUID.test(runId)) return { startedAt, runId };
  throw invalidInput([
    { pointer: '/cursor', detail: 'must be the next_cursor of an earlier page' },
  ]);
}
