// Advised moves in words. Without revenue nothing is said about money earned: value is counted in
// conversions. Without dates nothing is said per day: only shares of the budget and rates per 100.
import { brief, counted, decimal, percent, signed } from '../terminal/plain-numbers.js';
import type { AdvisedMove, Interval } from './told-moves.js';

export interface AdviceUnits {
  currency: string;
  /** `conversions` where no revenue is known. */
  value: 'money' | 'conversions';
  /** Whether amounts per day mean anything; otherwise `total` only serves to make shares. */
  perDay: boolean;
  /** Major units: what a budget is a share of. */
  total: number;
  /** Conversions per 1.0 that the ads judged have spent so far. */
  conversionsPerUnit: number;
}

export interface Behind {
  conversions: number | null;
  clicks: number;
}

export function moveWords(move: AdvisedMove, behind: Behind, units: AdviceUnits): string[] {
  const { from, to } = move;
  const change = from > 0 ? ` (${signed(percent(Math.abs(to / from - 1), 0), to - from)})` : '';
  const budgets = units.perDay
    ? `${decimal(from, 2)} → ${decimal(to, 2)} ${units.currency} a day`
    : `${percent(from / units.total)} → ${percent(to / units.total)} of the budget`;
  return [
    `${move.label}: ${budgets}${change}`,
    `Gain ${gainWords(move, units)}.`,
    `Why: ${units.value === 'money' ? move.reason : conversionReason(move, behind, units)}`,
  ];
}

function gainWords(move: AdvisedMove, { currency, value, perDay }: AdviceUnits): string {
  if (value === 'money' && perDay) {
    return `${intervalWords(move.gain, (amount) => decimal(amount, 2))} ${currency} a day`;
  }
  const moved = Math.abs(move.to - move.from) / 100;
  const { mean, lo, hi } = move.gain;
  const per100 = { mean: mean / moved, lo: lo / moved, hi: hi / moved };
  const what = value === 'money' ? currency : 'conversions';
  return `per 100 ${currency} moved: ${intervalWords(per100, brief)} ${what}`;
}

function intervalWords({ mean, lo, hi }: Interval, text: (value: number) => string): string {
  return `${signed(text(mean), mean)} (80 % interval ${text(lo)} to ${text(hi)})`;
}

function conversionReason(
  { marginal, to, from }: AdvisedMove,
  { conversions, clicks }: Behind,
  { currency, conversionsPerUnit }: AdviceUnits,
): string {
  const per100 = (value: number) => brief(value * 100);
  const evidence =
    conversions === null
      ? ''
      : ` ${counted(conversions, 'conversion')} from ${counted(clicks, 'click')} behind it.`;
  return (
    `the next 100 ${currency} here bring about ${per100(marginal.mean)} conversions (80 % interval ` +
    `${per100(marginal.lo)}–${per100(marginal.hi)}), all ads judged here have brought ` +
    `${per100(conversionsPerUnit)} per 100 so far.${evidence} ` +
    `${to > from ? 'More' : 'Less'} money belongs here.`
  );
}
