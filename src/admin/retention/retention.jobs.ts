// Every night what is older than its account keeps it goes: rows in small batches, months of events
// as a whole once they are old for everybody. What stays, and why, is in
// docs/decisions/retention.md.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AccountsService,
  accountsResult,
  forEachAccount,
  oldestKept,
  type Account,
} from '../../accounts/index.js';
import { OLD_CONVERSIONS } from '../../attribution/index.js';
import { OLD_LESSONS, OLD_LESSON_MONTHS } from '../../learning/index.js';
import { OLD_EVENT_MONTHS, OLD_READINGS, OLD_REPORTS } from '../../metrics/index.js';
import { OLD_DECISIONS } from '../../sampling/index.js';
import {
  Clock,
  JobRegistry,
  OLD_ROWS_BATCH,
  dropMonths,
  nothingDue,
  removeOldRows,
  removeOldRuns,
  type Job,
  type JobContext,
  type JobCounts,
  type RetentionDays,
} from '../../shared/index.js';
import { AccountRemoval } from '../accounts/account-removal.service.js';

const ROWS = [...OLD_REPORTS, OLD_READINGS, ...OLD_CONVERSIONS, ...OLD_LESSONS, ...OLD_DECISIONS];
const MONTHS = [...OLD_EVENT_MONTHS, ...OLD_LESSON_MONTHS];

@Injectable()
export class RetentionJobs {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly removal: AccountRemoval,
    private readonly clock: Clock,
    registry: JobRegistry,
  ) {
    const job: Job = {
      name: 'retention',
      schedule: { cron: '0 4 * * *' },
      describeSchedule: 'every night at 04:00 UTC',
      heavy: false,
      usesServerClock: true,
      run: (context) => this.removeOld(context),
    };
    registry.register(job);
  }

  private async removeOld({ signal, report }: JobContext) {
    const now = this.clock.now();
    const accounts = await this.accounts.all();
    const counts: JobCounts = {};
    const count = (table: string, removed: number) => {
      if (removed === 0) return;
      counts[table] = Number(counts[table] ?? 0) + removed;
      report(counts);
    };
    const done = await forEachAccount(accounts, signal, async (account) => {
      for (const rule of ROWS) {
        const before = oldestKept(account, rule.kind, now);
        const { accountId } = account;
        await untilFew(rule.batch ?? OLD_ROWS_BATCH, signal, async () => {
          const removed = await removeOldRows(this.database.manager, rule, accountId, before);
          count(rule.table, removed);
          return removed;
        });
      }
    });
    count('rows_of_removed_accounts', await this.removal.sweep());
    for (const { table, kind } of MONTHS) {
      count(`${table}_months`, await dropMonths(this.database, table, oldest(accounts, kind, now)));
    }
    await untilFew(OLD_ROWS_BATCH, signal, async () => {
      const before = oldest(accounts, 'runs', now);
      const removed = await removeOldRuns(this.database.manager, before, OLD_ROWS_BATCH);
      count('job_runs', removed);
      return removed;
    });
    if (done.failed.length > 0) return accountsResult(counts, done);
    return Object.keys(counts).length === 0 ? nothingDue() : { counts };
  }
}

/** Months and runs are everybody's: who keeps them longest decides. */
function oldest(accounts: readonly Account[], kind: keyof RetentionDays, now: Date): Date {
  const all = accounts.length > 0 ? accounts : [{ settings: {} }];
  const kept = all.map((account) => oldestKept(account, kind, now));
  return new Date(Math.min(...kept.map((at) => at.getTime())));
}

/** Batch after batch, until one is not full. */
async function untilFew(batch: number, signal: AbortSignal, remove: () => Promise<number>) {
  for (let removed = batch; removed >= batch;) {
    signal.throwIfAborted();
    removed = await remove();
  }
}
