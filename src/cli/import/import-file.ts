// A file from disk into an account, streamed and with progress; what `import` and `demo --input`
// share.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { Account, AccountScope, AccountsService, DEFAULT_SETTINGS } from '../../accounts/index.js';
import { AdsImport, ReportsService, type ImportReport } from '../../metrics/index.js';
import { DomainError, StartupError, isKnownCurrency, toMajor } from '../../shared/index.js';
import type { AccountSums } from './import-summary.js';
import { decimal, whole } from '../terminal/plain-numbers.js';
import { refuseUnreadable } from './preflight.js';
import { openProgress } from '../terminal/progress.js';

const BYTES_PER_MB = 1024 * 1024;

export interface FileImport {
  file: string;
  accountId: string;
  /** null = that of the account, which must exist then. */
  currency: string | null;
  dryRun: boolean;
  /** Made anew, whatever has the id now: `clear` takes that away once the file looks readable. */
  anew?: { name: string; clear: () => Promise<void> };
}

export interface ImportedFile {
  account: Account;
  created: boolean;
  report: ImportReport;
}

/** @throws StartupError or DomainError in a sentence for people. */
export async function importFile(
  app: INestApplicationContext,
  request: FileImport,
): Promise<ImportedFile> {
  const bytes = await sizeOf(request.file);
  const { account, created } = await accountFor(app, request);
  const progress = openProgress('Importing', bytes);
  let read = 0;
  let rows = 0;
  const tell = () =>
    progress.update(read, `${decimal(read / BYTES_PER_MB, 1)} MB, ${whole(rows)} rows`);
  async function* counting(): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(request.file)) {
      read += (chunk as Buffer).length;
      yield chunk as Buffer;
      tell();
    }
  }
  try {
    const report = await app.get(AdsImport).run(account, counting(), {
      asOf: await app.get(AccountScope).now(account),
      dryRun: request.dryRun,
      onProgress: (count) => {
        rows = count;
        tell();
      },
    });
    return { account, created, report };
  } finally {
    progress.stop();
  }
}

export async function accountSums(
  app: INestApplicationContext,
  account: Account,
): Promise<AccountSums> {
  const now = await app.get(AccountScope).now(account);
  const { ads, totals } = await app.get(ReportsService).sums(account, now);
  const major = (minor: number | null) =>
    minor === null ? null : toMajor(minor, account.currency);
  return {
    ads: ads.length,
    campaigns: new Set(ads.map(({ campaignId }) => campaignId)).size,
    impressions: totals.impressions,
    clicks: totals.clicks,
    spend: toMajor(totals.spendMinor, account.currency),
    leads: totals.leads,
    conversions: totals.conversions,
    revenue: major(totals.revenueMinor),
  };
}

async function accountFor(
  app: INestApplicationContext,
  { file, accountId, currency, dryRun, anew }: FileImport,
): Promise<{ account: Account; created: boolean }> {
  const accounts = app.get(AccountsService);
  const known = (await accounts.all()).find((account) => account.accountId === accountId);
  if (known && !anew) {
    if (currency !== null && currency !== known.currency) {
      throw new DomainError(
        422,
        'imports.currency',
        `Account "${accountId}" is kept in ${known.currency} and amounts are never converted: ` +
          `leave --currency out, or import ${currency} into an account of its own.`,
      );
    }
    return { account: known, created: false };
  }
  if (currency === null) {
    throw new StartupError(
      `There is no account "${accountId}": add --currency (e.g. --currency USD) to create it.`,
    );
  }
  if (!isKnownCurrency(currency)) {
    throw new StartupError(`The currency ${currency} is not in Meta's currency table.`);
  }
  // A dry run stores nothing, so the account it reads for exists in memory only.
  const imagined = { accountId, name: accountId, currency, timezone: 'UTC', simulated: false };
  const account = Object.assign(new Account(), imagined, { settings: DEFAULT_SETTINGS });
  if (dryRun) return { account, created: false };
  await refuseUnreadable(app, account, file);
  await anew?.clear();
  const input = { account_id: accountId, name: anew?.name ?? accountId, currency };
  return { account: (await accounts.create(input)).account, created: true };
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found.size;
    throw new StartupError(`${file} is not a file: name the exported CSV file.`);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StartupError(
      code === 'ENOENT'
        ? `There is no file ${file}: check the path.`
        : `Cannot read ${file} (${code}): check the path and its permissions.`,
    );
  }
}
