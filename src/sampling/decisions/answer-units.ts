// In which units an answer tells values: money, or conversions where no revenue is known.
import { currencyOffset } from '../../shared/money.js';
import type { AllocationInput, Recommendation } from '../split/allocation-types.js';

export interface Scale {
  /** Divides values in minor units. */
  value: number;
  /** Divides values per minor unit of money, to be per major unit of money. */
  marginal: number;
}

export function scaleOf({ conversionsAsValue: unit }: AllocationInput, currency: string): Scale {
  const offset = currencyOffset(currency);
  if (!unit) return { value: offset, marginal: 1 };
  return { value: unit.valueMinor, marginal: unit.valueMinor / offset };
}

export function interval({ mean, lo, hi }: Recommendation['marginal'], scale: number) {
  return {
    mean: rounded(mean / scale, 6),
    lo: rounded(lo / scale, 6),
    hi: rounded(hi / scale, 6),
  };
}

/** Enough digits for any use, few enough to read. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
