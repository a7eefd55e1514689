// `npm run bench -- policy [--world kag|service|ecom] [--seeds 100] [--first 1] [--players a,b]
// [--every 24] [--window 28] [--prior pooled|shipped] [--half-life-ctr 3] [--half-life-cvr 28]`: what each way of splitting a budget earns in
// the three simulated worlds, as a share of an oracle that sees the hidden rates. The players of one
// seed meet the same world, so they are compared in pairs.
import { parseArgs } from 'node:util';
import { meanInterval } from '../src/cli/demo/paired-statistics.js';
import type { WorldName } from '../src/platforms/sandbox/world-spec.js';
import { rounded } from './measure.js';
import { play, type Outcome, type Stage } from './policy/play.js';
import { PLAYERS, type Player } from './policy/players.js';
import { pooledPrior } from './policy/pooled.js';

const WORLDS: readonly WorldName[] = ['kag', 'service', 'ecom'];
const START_AT = Date.UTC(2026, 0, 5);
const DAYS = 28;
const PROGRESS_EVERY = 10;
/** Each player is compared with these. */
const RIVALS = ['blended', 'thompson', 'hold'] as const;

interface Options {
  worlds: WorldName[];
  seeds: number;
  first: number;
  players: Player[];
  every: number;
  windowDays: number;
  halfLifeDays: { ctr: number; cvr: number };
  isPooled: boolean;
}

export async function benchPolicy(args: string[]): Promise<Record<string, unknown>> {
  const options = readOptions(args);
  const worlds: Record<string, unknown> = {};
  for (const world of options.worlds) worlds[world] = playWorld(world, options);
  return Promise.resolve({
    seeds: options.seeds,
    days: DAYS,
    decision_hours: options.every * 6,
    attribution_window_days: options.windowDays,
    prior: options.isPooled ? 'pooled' : 'shipped',
    aims: {
      delay_corrected_capped: { kag: 0.915, service: 0.835, ecom: 0.955 },
      delay_corrected: { kag: 0.92, service: 0.845, ecom: 0.96 },
    },
    worlds,
  });
}

function playWorld(world: WorldName, options: Options): Record<string, unknown> {
  const since = performance.now();
  const { seeds, first, players, every, windowDays, halfLifeDays } = options;
  const pooled = options.isPooled ? pooledPrior(world, START_AT, windowDays) : null;
  const outcomes = new Map<string, Outcome[]>(players.map(({ name }) => [name, []]));
  for (let index = 0; index < seeds; index += 1) {
    const stage: Stage = {
      ...{ world, seed: first + index, startAt: START_AT, days: DAYS, every, windowDays },
      ...{ halfLifeDays, pooled },
    };
    for (const player of players) outcomes.get(player.name)?.push(play(stage, player));
    if ((index + 1) % PROGRESS_EVERY === 0) console.error(`${world}: ${index + 1} seeds`);
  }
  return {
    shares: Object.fromEntries(players.map(({ name }) => [name, shareOf(outcomes, name)])),
    differences: differences(outcomes, players),
    seconds: rounded((performance.now() - since) / 1000, 1),
  };
}

function shares(outcomes: Map<string, Outcome[]>, name: string, of: keyof Outcome): number[] {
  const best = outcomes.get('oracle') ?? [];
  return (outcomes.get(name) ?? []).map(
    (outcome, seed) => outcome[of] / (best[seed]?.value ?? NaN),
  );
}

function shareOf(outcomes: Map<string, Outcome[]>, name: string) {
  return {
    share: interval(shares(outcomes, name, 'value')),
    with_learning_penalty: interval(shares(outcomes, name, 'penalised')),
  };
}

/** Paired differences of shares, mean and 95 % interval. */
function differences(outcomes: Map<string, Outcome[]>, players: Player[]) {
  const lines: Record<string, unknown> = {};
  for (const { name } of players.filter((player) => player.policy === 'delay_corrected')) {
    for (const rival of RIVALS.filter((one) => outcomes.has(one))) {
      for (const kind of ['value', 'penalised'] as const) {
        const theirs = shares(outcomes, rival, kind);
        const ours = shares(outcomes, name, kind).map(
          (share, seed) => share - (theirs[seed] ?? NaN),
        );
        lines[`${name} − ${rival}${kind === 'value' ? '' : ', penalised'}`] = interval(ours);
      }
    }
  }
  return lines;
}

function interval(values: number[]) {
  const { mean, lo, hi } = meanInterval(values);
  return [mean, lo, hi].map((value) => (value === null ? null : rounded(value, 4)));
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      world: { type: 'string', default: WORLDS.join(',') },
      seeds: { type: 'string', default: '100' },
      first: { type: 'string', default: '1' },
      players: { type: 'string', default: PLAYERS.map(({ name }) => name).join(',') },
      every: { type: 'string', default: '24' },
      window: { type: 'string', default: '28' },
      'half-life-ctr': { type: 'string', default: '3' },
      'half-life-cvr': { type: 'string', default: '28' },
      prior: { type: 'string', default: 'pooled' },
    },
  });
  // Every figure is a share of the oracle's, so it always plays.
  const wanted = new Set(['oracle', ...values.players.split(',')]);
  const unknown = [...wanted].filter((name) => !PLAYERS.some((player) => player.name === name));
  if (unknown.length > 0) throw new Error(`unknown players: ${unknown.join(', ')}`);
  return {
    worlds: WORLDS.filter((world) => values.world.split(',').includes(world)),
    seeds: Number(values.seeds),
    first: Number(values.first),
    players: PLAYERS.filter(({ name }) => wanted.has(name)),
    every: Math.max(1, Math.round(Number(values.every) / 6)),
    windowDays: Number(values.window),
    halfLifeDays: {
      ctr: Number(values['half-life-ctr']),
      cvr: Number(values['half-life-cvr']),
    },
    isPooled: values.prior !== 'shipped',
  };
}
