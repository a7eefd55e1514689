// `npm run bench -- ope --input DIR`: off-policy evaluation on logs in the layout of the Open
// Bandit Dataset, DIR/random/*.csv and DIR/bts/*.csv (item_id, position, click, propensity_score).
// The `bts` policy is valued from the clicks of the uniformly random one; its own log says how
// often it shows an item at a position, and what it really earned.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse';
import { meanWithInterval, type Estimate } from './ope/estimators.js';
import { evaluateLog, type LoggedRound } from './ope/evaluate-log.js';
import { rounded } from './measure.js';

/** Beside the logs lies a table of the items; it has no clicks. */
const ITEM_TABLE = 'item_context.csv';

export async function benchOpe(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({ args, options: { input: { type: 'string' } } });
  if (values.input === undefined) throw new Error('Usage: npm run bench -- ope --input DIR');
  const logged = await readLog(join(values.input, 'random'));
  const own = await readLog(join(values.input, 'bts'));
  const result = evaluateLog(logged, shownShares(own));
  return {
    ips: rounded(result.ips.estimate, 6),
    snips: rounded(result.snips.estimate, 6),
    dr: shown(result.dr),
    ess: rounded(result.ess, 1),
    intervals: { ips: shown(result.ips), snips: shown(result.snips) },
    on_policy: shown(meanWithInterval(own.map(({ reward }) => reward))),
    logged: shown(result.logged),
    lift: shown(result.lift),
    verdict: result.verdict,
    rounds: result.rounds,
  };
}

/** Share of an item among all that the policy showed at a position. */
function shownShares(log: readonly LoggedRound[]) {
  const byPosition = new Map<string, number>();
  const byItem = new Map<string, number>();
  const keyOf = (context: string, action: string) => `${context}/${action}`;
  for (const { context, action } of log) {
    const key = keyOf(context, action);
    byPosition.set(context, (byPosition.get(context) ?? 0) + 1);
    byItem.set(key, (byItem.get(key) ?? 0) + 1);
  }
  return (context: string, action: string) =>
    (byItem.get(keyOf(context, action)) ?? 0) / (byPosition.get(context) ?? 1);
}

async function readLog(folder: string): Promise<LoggedRound[]> {
  const names = await readdir(folder);
  const files = names.filter((name) => name.endsWith('.csv') && name !== ITEM_TABLE).sort();
  if (files.length === 0) throw new Error(`${folder} holds no log`);
  const rounds: LoggedRound[] = [];
  for (const name of files) {
    const rows = createReadStream(join(folder, name)).pipe(parse({ columns: true }));
    for await (const row of rows as AsyncIterable<Record<string, string>>) {
      rounds.push({
        context: row['position'] ?? '',
        action: row['item_id'] ?? '',
        reward: Number(row['click']),
        loggedProbability: Number(row['propensity_score']),
      });
    }
  }
  return rounds;
}

function shown({ estimate, lo, hi }: Estimate) {
  const digits = (value: number | null) => (value === null ? null : rounded(value, 6));
  return { estimate: digits(estimate), lo: digits(lo), hi: digits(hi) };
}
