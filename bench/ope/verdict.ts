// Whether an evaluation may be read as a verdict. Acting on noise is the worse mistake: a policy
// that looks better by luck replaces one that is.
import type { Estimate } from './estimators.js';

/** Below it, intervals of low-rate rewards are themselves unreliable (bandits, section 6). */
const ESS_MIN = 1000;

export type Verdict = 'better' | 'worse' | null;

/** `lift` is the estimate's difference to what was really earned; null when it cannot be told. */
export function verdictOn(lift: Estimate, effectiveSampleSize: number): Verdict {
  const { lo, hi } = lift;
  if (effectiveSampleSize < ESS_MIN || lo === null || hi === null) return null;
  if (lo > 0) return 'better';
  return hi < 0 ? 'worse' : null;
}
