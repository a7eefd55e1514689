// The end of the demonstration in words: who earned what, and which moves mattered.
import { decimal, percent, signed, table } from '../terminal/plain-numbers.js';
import type { Earned } from './contest.js';
import { meanInterval, pairedLift, type MeanInterval } from './paired-statistics.js';
import type { WeighedMove } from './top-moves.js';

const POLICIES: readonly { key: keyof Earned; name: string }[] = [
  { key: 'loopgain', name: 'Loopgain' },
  { key: 'uniform', name: 'even split kept' },
  { key: 'oracle', name: 'oracle (knows the hidden rates)' },
];

export interface ContestFigures {
  currency: string;
  /** Major units per minor unit. */
  toMajor: (minor: number) => number;
  /** The account that stays on the page. */
  shown: Earned;
  /** The further accounts, played in memory. */
  seeds: readonly Earned[];
}

export function contestTable({ currency, toMajor, shown, seeds }: ContestFigures): string[] {
  const money = (minor: number) => decimal(toMajor(minor), 0);
  const uniform = seeds.map((earned) => earned.uniform);
  const rows = POLICIES.map(({ key, name }) => {
    const values = seeds.map((earned) => earned[key]);
    const mean = meanInterval(values);
    return [
      name,
      money(shown[key]),
      liftOf(shown[key], shown.uniform, key),
      `${money(mean.mean)}${range(mean, money)}`,
      key === 'uniform' ? '–' : liftWords(pairedLift(values, uniform)),
    ];
  });
  const header = [
    `Value earned, ${currency}, simulated`,
    'account on the page',
    'over even',
    `mean of ${seeds.length} more seeds (95 %)`,
    'over even, paired (95 %)',
  ];
  return table([header, ...rows]);
}

/**
 * The part of what the oracle has over the even split that Loopgain reached; null without a gap.
 */
export function shareOfGap({ loopgain, uniform, oracle }: Earned): number | null {
  return oracle > uniform ? (loopgain - uniform) / (oracle - uniform) : null;
}

function liftOf(value: number, uniform: number, key: keyof Earned): string {
  if (key === 'uniform' || uniform <= 0) return '–';
  const lift = value / uniform - 1;
  return signed(percent(lift), lift);
}

function liftWords(lift: MeanInterval): string {
  const text = (share: number) => signed(decimal(share * 100, 1), share);
  return `${text(lift.mean)} %${range(lift, text)}`;
}

function range({ lo, hi }: MeanInterval, text: (value: number) => string): string {
  return lo === null || hi === null ? '' : ` (${text(lo)} to ${text(hi)})`;
}

export interface MoveWords {
  move: WeighedMove;
  adName: string;
  firstDate: string;
  lastDate: string;
  currency: string;
  toMajor: (minor: number) => number;
}

export function moveLines({ move, adName, firstDate, lastDate, ...money }: MoveWords): string[] {
  const { currency, toMajor } = money;
  const raised = move.toMinor > move.fromMinor;
  const when =
    move.steps === 1 ? `on ${firstDate}` : `in ${move.steps} steps, ${firstDate} to ${lastDate}`;
  const brought = toMajor(move.broughtMinor);
  return [
    `"${adName}" ${raised ? 'raised' : 'cut'} from ${decimal(toMajor(move.fromMinor), 2)} to ` +
      `${decimal(toMajor(move.toMinor), 2)} ${currency} a day ${when}: ` +
      `${signed(decimal(brought, 0), brought)} ${currency} by the end.`,
    `Why: ${move.reason}`,
  ];
}
