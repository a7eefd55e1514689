import {
  isUsageFault,
  readArguments,
  textOf,
  type UsageFault,
} from '../terminal/command-options.js';

export const IMPORT_USAGE =
  'Usage: npm run import -- FILE --account ID [--kind ads] [--currency USD] [--dry-run]';

export interface ImportOptions {
  file: string;
  accountId: string;
  kind: 'ads' | 'content';
  currency: string | null;
  dryRun: boolean;
}

export function importOptions(args: string[]): ImportOptions | UsageFault {
  const read = readArguments(args, {
    account: { type: 'string' },
    kind: { type: 'string' },
    currency: { type: 'string' },
    'dry-run': { type: 'boolean' },
  });
  if (isUsageFault(read)) return read;
  const { values, positionals } = read;
  const [file] = positionals;
  const accountId = textOf(values['account']);
  const kind = textOf(values['kind']) ?? 'ads';
  if (file === undefined) return { usage: 'Which file? Name the exported CSV file.' };
  if (positionals.length > 1) return { usage: 'One file at a time.' };
  if (accountId === null) return { usage: 'Which account? Add --account ID.' };
  if (kind !== 'ads' && kind !== 'content') return { usage: '--kind is ads or content.' };
  const currency = textOf(values['currency'])?.toUpperCase() ?? null;
  return { file, accountId, kind, currency, dryRun: values['dry-run'] === true };
}
