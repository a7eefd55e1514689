// A real export goes in: streamed, whole or not at all, and the same again changes nothing.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AdsService,
  fixConversionSource,
  holdAccount,
  type Account,
} from '../../accounts/index.js';
import { DomainError, dayBounds, localDay, oldestReport } from '../../shared/index.js';
import {
  createStage,
  mergeStagedDays,
  mergeStagedTotals,
  stageRows,
} from './ads-import.queries.js';
import { MergeTurns } from './uploads/merge-turns.js';
import { adOfRow, timeFault, type DaysTaken } from './import-values.js';
import { readAdsCsv, type AdsDetection, type AdsRow } from './ads/read-ads-csv.js';
import { bringsConversions } from '../reports/metric-values.js';

/** Rows per statement: few enough that a batch is garbage while it is still cheap to collect. */
const BATCH_ROWS = 1000;
/** Ads already registered by this import are not looked up again; more ids would cost memory. */
const SEEN_ADS_MAX = 100_000;
/** A file that is wrong throughout is told by its first faults; the rest are counted. */
const FAULTS_TOLD_MAX = 200;

export interface ImportReport {
  dry_run: boolean;
  layout: string;
  level: string;
  /** `day` when every row is one day, `total` when none is. */
  grain: 'day' | 'total' | 'mixed';
  columns: Record<string, string>;
  warnings: string[];
  rows: number;
  new_ads: number;
  accepted: number;
  duplicates: number;
  skipped: number;
  rejected_rows: number;
  rejected: { line: number; code: string; detail: string }[];
}

export interface ImportOptions {
  asOf: Date;
  dryRun: boolean;
  /** Called with the number of rows read so far, about every batch. */
  onProgress?: (rows: number) => void;
}

@Injectable()
export class AdsImport {
  private readonly turns = new MergeTurns();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly ads: AdsService,
  ) {}

  /**
   * `source` must not wait for anybody: a transaction is open while it is read. A dry run opens
   * none.
   * @throws DomainError 422 `imports.unreadable` when the file as a whole cannot be read, 404 when
   *   the account was deleted while the file was on its way.
   */
  async run(
    account: Account,
    source: AsyncIterable<Buffer>,
    options: ImportOptions,
  ): Promise<ImportReport> {
    if (options.dryRun) return this.read(null, account, source, options);
    return this.turns.run(account.accountId, () =>
      this.database.transaction((manager) => this.read(manager, account, source, options)),
    );
  }

  private async read(
    manager: EntityManager | null,
    account: Account,
    source: AsyncIterable<Buffer>,
    options: ImportOptions,
  ): Promise<ImportReport> {
    const merge = new ImportMerge(manager, this.ads, account, options);
    await merge.open();
    for await (const item of readAdsCsv(source, { currency: account.currency })) {
      await merge.take(item);
    }
    return merge.finish();
  }
}

type Item = ReturnType<typeof readAdsCsv> extends AsyncGenerator<infer T> ? T : never;

/** One import under way: counts what comes and hands rows on in batches. */
class ImportMerge {
  private readonly report: ImportReport;
  private batch: AdsRow[] = [];
  private readonly seen = new Set<string>();
  /** The instants of the few period ends that a file names. */
  private readonly ends = new Map<string, Date>();
  private readonly daysTaken: DaysTaken;
  private days = 0;
  private brought = false;

  constructor(
    /** null on a dry run. */
    private readonly manager: EntityManager | null,
    private readonly ads: AdsService,
    private readonly account: Account,
    private readonly options: ImportOptions,
  ) {
    this.report = emptyReport(options.dryRun);
    const { timezone } = account;
    this.daysTaken = {
      first: localDay(oldestReport(options.asOf), timezone),
      last: localDay(options.asOf, timezone),
    };
  }

  async open(): Promise<void> {
    if (!this.manager) return;
    await holdAccount(this.manager, this.account.accountId);
    await createStage(this.manager);
  }

  async take(item: Item): Promise<void> {
    const { report } = this;
    if (item.kind === 'header') describe(report, item.detection);
    else if (item.kind === 'warning') report.warnings.push(item.detail);
    else if (item.kind === 'skipped') report.skipped += 1;
    else if (item.kind === 'row') {
      const fault = timeFault(item.row, this.daysTaken);
      if (fault === null) await this.takeRow(item.row);
      else this.reject(item.line, fault);
    } else if (item.scope === 'file') throw unreadable(item.line, item.detail);
    else this.reject(item.line, item.detail);
  }

  private reject(line: number, detail: string): void {
    const { report } = this;
    report.rejected_rows += 1;
    if (report.rejected.length >= FAULTS_TOLD_MAX) return;
    report.rejected.push({ line, code: 'imports.bad_row', detail });
  }

  async finish(): Promise<ImportReport> {
    const { report, manager, account } = this;
    await this.flush();
    if (manager) {
      for (const merge of [mergeStagedTotals, mergeStagedDays]) {
        const { staged, kept } = await merge(manager, account.accountId);
        report.accepted += kept;
        report.duplicates += staged - kept;
      }
      if (this.brought) await fixConversionSource(manager, account.accountId, 'platform');
    }
    report.grain = this.days === 0 ? 'total' : this.days === report.rows ? 'day' : 'mixed';
    return report;
  }

  private async takeRow(row: AdsRow): Promise<void> {
    this.report.rows += 1;
    if (row.date !== null) this.days += 1;
    this.batch.push(row);
    if (this.batch.length >= BATCH_ROWS) await this.flush();
  }

  private async flush(): Promise<void> {
    const { batch, manager, account, report, options } = this;
    this.batch = [];
    options.onProgress?.(report.rows);
    if (!manager || batch.length === 0) return;
    const { accountId, timezone } = account;
    const unseen = batch.filter(({ adId }) => !this.seen.has(adId));
    if (this.seen.size > SEEN_ADS_MAX) this.seen.clear();
    for (const { adId } of unseen) this.seen.add(adId);
    const ads = unseen.map((row) => adOfRow(row, timezone));
    report.new_ads += await this.ads.registerMissing(manager, accountId, ads);
    this.brought ||= bringsConversions(batch);
    await stageRows(
      manager,
      batch.map((row) => ({ row, observedAt: this.observedAt(row) })),
    );
  }

  /** A file that names its last day was true at the end of it; one without dates is true now. */
  private observedAt(row: AdsRow): Date {
    const { asOf } = this.options;
    if (row.periodEnd === null || row.date !== null) return asOf;
    const known = this.ends.get(row.periodEnd);
    if (known) return known;
    const { end } = dayBounds(row.periodEnd, this.account.timezone);
    this.ends.set(row.periodEnd, end < asOf ? end : asOf);
    return this.observedAt(row);
  }
}

function describe(report: ImportReport, detection: AdsDetection): void {
  report.layout = detection.layout;
  report.level = detection.level;
  report.warnings.push(...detection.warnings);
  report.columns = Object.fromEntries(
    Object.entries(detection.columns).map(([field, at]) => [field, detection.headers[at] ?? '']),
  );
}

function emptyReport(dryRun: boolean): ImportReport {
  return {
    dry_run: dryRun,
    layout: 'unknown',
    level: 'unknown',
    grain: 'total',
    columns: {},
    warnings: [],
    rows: 0,
    new_ads: 0,
    accepted: 0,
    duplicates: 0,
    skipped: 0,
    rejected_rows: 0,
    rejected: [],
  };
}

function unreadable(line: number, detail: string): DomainError {
  return new DomainError(
    422,
    'imports.unreadable',
    `Nothing was imported; line ${line}: ${detail}.`,
  );
}
