// What one conversion is worth after everything that was said about it later. A pure function of
// the whole ledger, so order and repetition of the entries cannot matter.
import { MILLIS_PER_DAY } from '../../shared/time.js';

export interface Adjustment {
  adjustmentId: string;
  kind: 'refund' | 'cancel' | 'value' | 'stage';
  /** Minor units; a refund without it takes everything back. */
  valueDeltaMinor: number | null;
  stage: string | null;
  occurredAt: Date;
}

export interface Stage {
  stage: string;
  valueMinor: number;
  probability: number;
}

export interface BaseConversion {
  eventTime: Date;
  valueMinor: number | null;
  stage: string | null;
}

export interface NetWorth {
  count: 0 | 1;
  /** null = not known in the account's currency. */
  valueMinor: number | null;
  /** Expected value of its CRM stage; null = no stage (or one that nobody has priced). */
  pipelineValueMinor: number | null;
}

/** The contract's bound; later ones are refused at the door and ignored here. */
export const ADJUSTMENT_DAYS_MAX = 400;

export function netWorth(
  conversion: BaseConversion,
  adjustments: Adjustment[],
  stages: ReadonlyMap<string, Stage>,
): NetWorth {
  const until = conversion.eventTime.getTime() + ADJUSTMENT_DAYS_MAX * MILLIS_PER_DAY;
  const valid = adjustments.filter(({ occurredAt }) => occurredAt.getTime() <= until);
  if (valid.some(({ kind }) => kind === 'cancel')) {
    return { count: 0, valueMinor: known(conversion.valueMinor), pipelineValueMinor: null };
  }
  return {
    count: 1,
    valueMinor: netValue(conversion.valueMinor, valid),
    pipelineValueMinor: pipelineValue(lastStage(conversion, valid), stages),
  };
}

/** Only the sum is clamped: clamping entry by entry would depend on their order. */
function netValue(base: number | null, adjustments: Adjustment[]): number | null {
  if (base === null) return null;
  const isRefundedWhole = adjustments.some(
    ({ kind, valueDeltaMinor }) => kind === 'refund' && valueDeltaMinor === null,
  );
  if (isRefundedWhole) return 0;
  const sum = adjustments.reduce((total, { kind, valueDeltaMinor }) => {
    const delta = valueDeltaMinor ?? 0;
    return total + (kind === 'refund' ? -Math.abs(delta) : kind === 'value' ? delta : 0);
  }, base);
  return Math.max(0, sum);
}

/** The latest by its own time; of two at once the larger id, so that arrival does not matter. */
function lastStage(conversion: BaseConversion, adjustments: Adjustment[]): string | null {
  const [last] = adjustments
    .filter(({ kind }) => kind === 'stage')
    .sort(
      (a, b) =>
        b.occurredAt.getTime() - a.occurredAt.getTime() ||
        (a.adjustmentId < b.adjustmentId ? 1 : -1),
    );
  return last?.stage ?? conversion.stage;
}

function pipelineValue(stage: string | null, stages: ReadonlyMap<string, Stage>): number | null {
  const priced = stage === null ? undefined : stages.get(stage);
  return priced === undefined ? null : Math.round(priced.valueMinor * priced.probability);
}

function known(base: number | null): number | null {
  return base === null ? null : 0;
}
