// The first step with a real export: into an account of its own, which the next demo of the same
// export replaces.
import { open } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { AccountsService, type Account } from '../../accounts/index.js';
import { StartupError, isKnownCurrency } from '../../shared/index.js';
import { AccountRemoval } from '../../admin/index.js';
import { importFile } from '../import/import-file.js';
import { importSummary } from '../import/import-summary.js';
import { accountIdOf, type InputOptions } from './demo-options.js';

const CURRENCY_ASSUMED = 'USD';
const HEADER_BYTES = 8192;

export type Say = (line: string) => void;

/** null when no row could be read; then, as with a file that is refused, no account stays. */
export async function takeIn(
  app: INestApplicationContext,
  { file, ...options }: InputOptions,
  say: Say,
): Promise<Account | null> {
  const accountId = options.accountId ?? accountIdOf(file);
  const name = `Demo of an export (${accountId})`;
  const accounts = await app.get(AccountsService).all();
  const earlier = accounts.find((one) => one.accountId === accountId);
  if (earlier && earlier.name !== name) throw notOurs(accountId);
  const named = options.currency ?? (await currencyInHeader(file));
  const remove = () => app.get(AccountRemoval).remove(accountId, name);
  let begun = false;
  const clear = async () => {
    if (earlier) {
      await remove();
      say(`The account of an earlier demo, "${accountId}", is replaced.`);
    }
    begun = true;
  };
  const currency = named ?? CURRENCY_ASSUMED;
  const request = { file, accountId, currency, dryRun: false, anew: { name, clear } };
  const { account, report } = await importFile(app, request).catch(async (error: unknown) => {
    if (begun) await remove();
    throw error;
  });
  say(`Created account "${accountId}" in ${account.currency}.`);
  if (named === null) {
    say(`(Neither the file nor --currency names a currency: ${CURRENCY_ASSUMED} is assumed.)`);
  }
  for (const line of importSummary(report)) say(line);
  if (report.rows > 0) return account;
  await remove();
  say(`No row could be read, so account "${accountId}" is removed again.`);
  return null;
}

/** Whoever made an account would not want a demonstration's figures among its own. */
function notOurs(accountId: string): StartupError {
  return new StartupError(
    `Account "${accountId}" was not made by a demo and is left alone: choose another id with ` +
      `--account, or bring the file into it with npm run import -- FILE --account ${accountId}.`,
  );
}

/** The code in a header such as "Amount spent (EUR)"; null when there is none. */
async function currencyInHeader(file: string): Promise<string | null> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return null;
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(HEADER_BYTES) });
    const header =
      buffer.toString('latin1', 0, bytesRead).replaceAll('\0', '').split('\n')[0] ?? '';
    const codes = [...header.matchAll(/\(([A-Z]{3})\)/g)].map((match) => match[1] ?? '');
    return codes.find(isKnownCurrency) ?? null;
  } finally {
    await handle.close();
  }
}
