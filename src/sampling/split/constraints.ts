// Within what an ad's budget may be set: its floor, ceiling and step limit. When a floor or ceiling
// lies outside the step window the step wins and the budget goes as far towards it as one step
// allows: a sudden jump restarts the platform's learning phase and would be refused by the write
// guard, a floor met some days later costs little.
import type { AllocationAd } from './allocation-types.js';

/** Integer minor units; lo ≤ hi always. */
export interface Bounds {
  lo: number;
  hi: number;
  /** What set each end; null = nothing (0 or no ceiling). */
  loBy: Limit | null;
  hiBy: Limit | null;
}

export type Limit =
  'floor' | 'ceiling' | 'step' | 'velocity' | 'learning' | 'paused' | 'rule' | 'locked' | 'unsure';

/** Absorbs binary noise such as 100·1.1 = 110.00000000000001 before rounding inwards. */
const NOISE = 1e-9;

type Limited = Pick<AllocationAd, 'currentMinor' | 'minMinor' | 'maxMinor' | 'reach'>;

export function boundsOf(ad: Limited, maxStepPct: number | null): Bounds {
  const floor = Math.ceil((ad.minMinor ?? 0) - NOISE);
  // A ceiling below the floor: the ceiling wins, spending too little is the smaller mistake.
  const ceiling = Math.floor((ad.maxMinor ?? Infinity) + NOISE);
  const bounds: Bounds = {
    lo: Math.max(0, Math.min(floor, ceiling)),
    hi: Math.max(0, ceiling),
    loBy: floor > 0 ? 'floor' : null,
    hiBy: ceiling < Infinity ? 'ceiling' : null,
  };
  const stepped = within(bounds, stepWindow(ad, maxStepPct), 'step');
  return ad.reach ? within(stepped, [ad.reach.loMinor, ad.reach.hiMinor], 'velocity') : stepped;
}

function stepWindow({ currentMinor }: Limited, maxStepPct: number | null): [number, number] {
  if (maxStepPct === null || !currentMinor) return [0, Infinity];
  return [
    Math.max(0, Math.ceil((currentMinor * (100 - maxStepPct)) / 100 - NOISE)),
    Math.floor((currentMinor * (100 + maxStepPct)) / 100 + NOISE),
  ];
}

/** Bounds cut to a window that wins over them where they do not meet. */
function within(bounds: Bounds, [lo, hi]: [number, number], by: Limit): Bounds {
  if (bounds.lo > hi) return fixedAt(hi, by);
  if (bounds.hi < lo) return fixedAt(lo, by);
  return {
    lo: Math.max(bounds.lo, lo),
    hi: Math.min(bounds.hi, hi),
    loBy: lo > bounds.lo ? by : bounds.loBy,
    hiBy: hi < bounds.hi ? by : bounds.hiBy,
  };
}

export function fixedAt(amountMinor: number, by: Limit): Bounds {
  return { lo: amountMinor, hi: amountMinor, loBy: by, hiBy: by };
}
