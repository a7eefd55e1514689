// Conversions are kept: the rows, what they are credited with, and the account's source, in one
// transaction or, where nothing else hangs on it, in one statement.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { fixConversionSource, type Account, type ConversionSource } from '../../accounts/index.js';
import { EVENTS_TABLE } from '../../metrics/index.js';
import { Clock, ensureMonths, isContentError } from '../../shared/index.js';
import { lockLedger } from '../ledger/credits.queries.js';
import { CreditsService } from '../ledger/credits.service.js';
import { MatchingService } from '../matching/matching.service.js';
import { storeConversions, type NewRow } from './intake.queries.js';

const CONVERSIONS_TABLE = 'conversions';

export interface Kept {
  /** The ids of the rows that were new. */
  fresh: ReadonlySet<string>;
  source: ConversionSource | null;
}

class RolledBack extends Error {}

@Injectable()
export class ConversionStore {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly matching: MatchingService,
    private readonly credits: CreditsService,
    private readonly clock: Clock,
  ) {}

  /** `rejections`: how many of each outcome were turned away before. */
  async keep(
    account: Account,
    rows: NewRow[],
    rejections: ReadonlyMap<string, number>,
  ): Promise<Kept> {
    const now = this.clock.now();
    await this.ensureMonths(rows, now);
    const { manager } = this.database;
    if (isCredited(rows) || mayFixSource(account, rows)) {
      return this.database.transaction((manager) =>
        this.keepAll(manager, account, rows, rejections, now),
      );
    }
    const fresh = await storeConversions(manager, account.accountId, now, rows, rejections);
    return { fresh, source: account.conversionSource };
  }

  /**
   * Those of the rows that the database refuses, found by halving; nothing is stored. For what no
   * check has foreseen: it costs one event, not its request.
   */
  async unstorable<Row extends NewRow>(account: Account, rows: Row[]): Promise<Row[]> {
    if (rows.length === 0 || (await this.isStorable(account, rows))) return [];
    if (rows.length === 1) return rows;
    const half = Math.ceil(rows.length / 2);
    const first = await this.unstorable(account, rows.slice(0, half));
    return [...first, ...(await this.unstorable(account, rows.slice(half)))];
  }

  private async isStorable(account: Account, rows: NewRow[]): Promise<boolean> {
    try {
      await this.database.transaction(async (manager) => {
        await this.keepAll(manager, account, rows, new Map(), this.clock.now());
        throw new RolledBack();
      });
      return true;
    } catch (error) {
      if (error instanceof RolledBack) return true;
      if (isContentError(error)) return false;
      throw error;
    }
  }

  private async keepAll(
    manager: EntityManager,
    account: Account,
    rows: NewRow[],
    rejections: ReadonlyMap<string, number>,
    now: Date,
  ): Promise<Kept> {
    const { accountId, conversionSource } = account;
    if (isCredited(rows)) await lockLedger(manager, accountId, 'shared');
    const fresh = await storeConversions(manager, accountId, now, rows, rejections);
    const news = rows.filter((row) => fresh.has(row.id) && isCredited([row]));
    await this.matching.rememberPeople(manager, accountId, news);
    const ids = news.map(({ id }) => id);
    await this.credits.settle(manager, accountId, ids);
    const source = mayFixSource(
      account,
      rows.filter(({ id }) => fresh.has(id)),
    )
      ? await fixConversionSource(manager, accountId, 'first_party')
      : conversionSource;
    return { fresh, source };
  }

  private async ensureMonths(rows: NewRow[], now: Date): Promise<void> {
    await ensureMonths(this.database, CONVERSIONS_TABLE, [now]);
    // Of the unmatched too: a click that comes late credits them in a transaction of its own.
    const times = rows.map(({ event }) => event.eventTime);
    await ensureMonths(this.database, EVENTS_TABLE, times);
  }
}

function isCredited(rows: NewRow[]): boolean {
  return rows.some(({ attribution, event }) => attribution !== null && event.kind !== 'other');
}

function mayFixSource({ conversionSource }: Account, rows: NewRow[]): boolean {
  return conversionSource === null && rows.some(({ event }) => event.kind === 'conversion');
}
