// The first step with a real export: into an account of its own, made when it is missing.
import { open } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { AccountsService, type Account } from '../../accounts/index.js';
import { isKnownCurrency } from '../../shared/index.js';
import { importFile } from '../import/import-file.js';
import { importSummary } from '../import/import-summary.js';
import { accountIdOf, type InputOptions } from './demo-options.js';

const CURRENCY_ASSUMED = 'USD';
const HEADER_BYTES = 8192;

export type Say = (line: string) => void;

/** null when no row could be read. */
export async function takeIn(
  app: INestApplicationContext,
  { file, ...options }: InputOptions,
  say: Say,
): Promise<Account | null> {
  const accountId = options.accountId ?? accountIdOf(file);
  const known = (await app.get(AccountsService).all()).some((one) => one.accountId === accountId);
  const named = options.currency ?? (known ? null : await currencyInHeader(file));
  const currency = named ?? (known ? null : CURRENCY_ASSUMED);
  const { account, created, report } = await importFile(app, {
    file,
    accountId,
    currency,
    dryRun: false,
  });
  if (created) say(`Created account "${accountId}" in ${account.currency}.`);
  if (created && named === null) {
    say(`(Neither the file nor --currency names a currency: ${CURRENCY_ASSUMED} is assumed.)`);
  }
  for (const line of importSummary(report)) say(line);
  return report.rows === 0 ? null : account;
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
