// `npm run bench -- policy [--hostile] [--world kag|service|ecom] [--seeds 100] [--first 1]
// [--players a,b]
// [--every 24] [--window 28] [--prior pooled|shipped] [--half-life-ctr 3] [--half-life-cvr 28]`:
// what each way of splitting a budget earns in the three simulated worlds, as a share of an oracle
// that sees the hidden rates. The players of one seed meet the same world, so they are compared in
// pairs.
import { parseArgs } from 'node:util';
import { meanInterval, pairedLift, type MeanInterval } from '../src/cli/demo/paired-statistics.js';
import type { WorldName } from '../src/platforms/index.js';
import { rounded } from './measure.js';
import { play, type Outcome, type Stage } from './policy/play.js';
import { PLAYERS, type Player } from './policy/players.js';
import { pooledPrior, type Pooled } from './policy/pooled.js';
import { HOSTILITIES } from './policy/hostile.js';

const WORLDS: readonly WorldName[] = ['kag', 'service', 'ecom'];
const START_AT = Date.UTC(2026, 0, 5);
const DAYS = 28;
const PROGRESS_EVERY = 10;
/** Each player is compared with these. */
const RIVALS = ['blended', 'blended_capped', 'thompson', 'thompson_capped', 'hold'] as const;
/** Who plays where the world is hostile, each against `hold`, by whom no trouble is made worse. */
const TRIED = ['delay_corrected_capped', 'delay_corrected'] as const;

interface Options {
  worlds: WorldName[];
  seeds: number;
  first: number;
  players: Player[];
  every: number;
  windowDays: number;
  halfLifeDays: { ctr: number; cvr: number };
  isPooled: boolean;
  isHostile: boolean;
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
  const { seeds, first, players, windowDays } = options;
  const pooled = options.isPooled ? pooledPrior(world, START_AT, windowDays) : null;
  const outcomes = new Map<string, Outcome[]>(players.map(({ name }) => [name, []]));
  for (let index = 0; index < seeds; index += 1) {
    const stage = stageOf(world, first + index, options, pooled);
    for (const player of players) outcomes.get(player.name)?.push(play(stage, player));
    if ((index + 1) % PROGRESS_EVERY === 0) console.error(`${world}: ${index + 1} seeds`);
  }
  return {
    shares: Object.fromEntries(players.map(({ name }) => [name, shareOf(outcomes, name)])),
    differences: differences(outcomes, players),
    gate: gateCosts(outcomes),
    ...(options.isHostile && { hostile_lift_over_hold: hostileLifts(world, options, pooled) }),
    seconds: rounded((performance.now() - since) / 1000, 1),
  };
}

function stageOf(
  world: WorldName,
  seed: number,
  { every, windowDays, halfLifeDays }: Options,
  pooled: Pooled | null,
): Stage {
  return {
    ...{ world, seed, startAt: START_AT, days: DAYS, every, windowDays },
    ...{ halfLifeDays, pooled, hostile: null },
  };
}

/** What a gate on P(better) earns more than none, in shares of the oracle; below zero it costs. */
function gateCosts(outcomes: Map<string, Outcome[]>) {
  const names = [...outcomes.keys()].filter((name) => name.startsWith('gate_'));
  return Object.fromEntries(
    names.map((name) => {
      const difference = (of: keyof Outcome) => {
        const free = shares(outcomes, 'delay_corrected_capped', of);
        return interval(
          shares(outcomes, name, of).map((share, seed) => share - (free[seed] ?? NaN)),
        );
      };
      return [name, { value: difference('value'), with_learning_penalty: difference('penalised') }];
    }),
  );
}

/** Value earned over what `hold` earns in the same trouble, less 1: mean and 95 % interval. */
function hostileLifts(world: WorldName, options: Options, pooled: Pooled | null) {
  const { seeds, first } = options;
  return Object.fromEntries(
    HOSTILITIES.map((hostile) => {
      const valuesOf = (name: string) => {
        const player = PLAYERS.find((one) => one.name === name) as Player;
        return Array.from({ length: seeds }, (_, index) => {
          const stage = stageOf(world, first + index, options, pooled);
          return play({ ...stage, hostile }, player).value;
        });
      };
      const held = valuesOf('hold');
      console.error(`${world}: ${hostile}`);
      const lifts = TRIED.map((name) => [name, rounding(pairedLift(valuesOf(name), held))]);
      return [hostile, Object.fromEntries(lifts)];
    }),
  );
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
  for (const { name } of players.filter(isOurs)) {
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

function isOurs({ policy, gate }: Player): boolean {
  return policy === 'delay_corrected' && gate === undefined;
}

function interval(values: number[]) {
  return rounding(meanInterval(values));
}

function rounding({ mean, lo, hi }: MeanInterval) {
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
      hostile: { type: 'boolean', default: false },
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
    isHostile: values.hostile,
  };
}
