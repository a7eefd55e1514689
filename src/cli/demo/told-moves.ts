// Which moves of a decision are worth telling: those with enough evidence behind them and an 80 %
// interval of the gain that leaves out "no gain".
import type { Cell } from './levels.js';
import type { DecisionAnswer } from '../../sampling/pure.js';

export const MOVES_MAX = 10;

export interface Interval {
  mean: number;
  lo: number;
  hi: number;
}

export interface AdvisedMove {
  id: string;
  label: string;
  /** Major units. */
  from: number;
  to: number;
  /** Value per day against the account's marginal unit; 80 % interval, major units. */
  gain: Interval;
  /** Value of the next unit of money spent here; 80 % interval. */
  marginal: Interval;
  reason: string;
}

/**
 * The moves worth telling, the largest gain first. `references`: budget of now per id, major units.
 */
export function worthTelling(
  { recommendations }: DecisionAnswer,
  cells: readonly Cell[],
  references: ReadonlyMap<string, number>,
): AdvisedMove[] {
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  return recommendations
    .flatMap((item): AdvisedMove[] => {
      const cell = byId.get(item.ad_id);
      const { expected_gain: gain, marginal_value: marginal } = item;
      if (!cell?.enough || item.action === 'hold' || !(gain.lo > 0)) return [];
      return [
        {
          id: cell.id,
          label: cell.label,
          from: item.current_budget ?? references.get(cell.id) ?? 0,
          to: item.recommended_budget,
          gain,
          marginal,
          reason: item.reason,
        },
      ];
    })
    .sort((left, right) => right.gain.mean - left.gain.mean)
    .slice(0, MOVES_MAX);
}
