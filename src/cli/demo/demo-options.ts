import {
  isUsageFault,
  readArguments,
  textOf,
  wholeNumber,
  type UsageFault,
} from '../terminal/command-options.js';
import type { WorldName } from '../../platforms/index.js';

export const DEMO_USAGE = `Usage:
       npm run demo [-- --world ecom|service|kag] [--days 14] [--seed N] [--seeds 24]
   or: npm run demo -- --input FILE [--account ID] [--currency USD] [--daily-budget 500]`;

export type DemoOptions = FastForwardOptions | InputOptions;

export interface FastForwardOptions {
  kind: 'fast-forward';
  world: WorldName;
  days: number;
  seed: number;
  /** Further accounts, played in memory for the interval. */
  seeds: number;
}

export interface InputOptions {
  kind: 'input';
  file: string;
  accountId: string | null;
  currency: string | null;
  /** Major units. */
  dailyBudget: number | null;
}

const WORLDS: readonly WorldName[] = ['ecom', 'service', 'kag'];
/** Any fixed number: without --seed everybody sees the same demonstration. */
const SEED_DEFAULT = 14;
const DAYS_DEFAULT = 14;
/**
 * At half a second each they fit beside the account on the page into a minute on a slow machine.
 */
const SEEDS_DEFAULT = 24;
/** The seeds in memory follow the first one, so it must leave room below 2^32. */
const SEED_MAX = 4_000_000_000;
const DAYS_MAX = 90;
const SEEDS_MAX = 1000;

const FAST_FORWARD_ONLY = ['world', 'days', 'seed', 'seeds'];
const INPUT_ONLY = ['account', 'currency', 'daily-budget'];

export function demoOptions(args: string[]): DemoOptions | UsageFault {
  const names = ['input', ...FAST_FORWARD_ONLY, ...INPUT_ONLY];
  const read = readArguments(
    args,
    Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  );
  if (isUsageFault(read)) return read;
  const { values, positionals } = read;
  if (positionals.length > 0) return { usage: `Unexpected argument: ${positionals.join(' ')}` };
  const file = textOf(values['input']);
  const misplaced = (file === null ? INPUT_ONLY : FAST_FORWARD_ONLY).filter(
    (name) => values[name] !== undefined,
  );
  if (misplaced.length > 0) {
    const where = file === null ? 'only goes with' : 'does not go with';
    return { usage: `--${misplaced.join(', --')} ${where} --input` };
  }
  return file === null ? fastForward(values) : input(file, values);
}

function fastForward(
  values: Record<string, string | boolean | undefined>,
): FastForwardOptions | UsageFault {
  const world = WORLDS.find((name) => name === (values['world'] ?? 'ecom'));
  if (world === undefined) return { usage: `--world is one of ${WORLDS.join(', ')}` };
  const days = wholeNumber('days', values['days'], DAYS_DEFAULT, [1, DAYS_MAX]);
  const seed = wholeNumber('seed', values['seed'], SEED_DEFAULT, [1, SEED_MAX]);
  const seeds = wholeNumber('seeds', values['seeds'], SEEDS_DEFAULT, [2, SEEDS_MAX]);
  if (typeof days !== 'number') return days;
  if (typeof seed !== 'number') return seed;
  if (typeof seeds !== 'number') return seeds;
  return { kind: 'fast-forward', world, days, seed, seeds };
}

function input(
  file: string,
  values: Record<string, string | boolean | undefined>,
): InputOptions | UsageFault {
  const given = textOf(values['daily-budget']);
  const dailyBudget = given === null ? null : Number(given);
  if (dailyBudget !== null && !(dailyBudget > 0 && dailyBudget < 1e12)) {
    return { usage: '--daily-budget must be an amount above 0' };
  }
  return {
    kind: 'input',
    file,
    accountId: textOf(values['account']),
    currency: textOf(values['currency'])?.toUpperCase() ?? null,
    dailyBudget,
  };
}

/** "My export (3).csv" becomes "demo-input-my-export-3". */
export function accountIdOf(file: string): string {
  const name = (file.split(/[/\\]/).at(-1) ?? '').replace(/\.[^.]*$/, '');
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  return `demo-input-${id === '' ? 'export' : id}`;
}
