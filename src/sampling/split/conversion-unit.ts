// How values are said where only the number of conversions counts.
import { currencyOffset, toMinor } from '../../shared/money.js';
import type { ConversionsAsValue } from './allocation-types.js';

/** What one conversion counts; it cancels out of every comparison. */
const UNIT_VALUE_MINOR = 100;

/** Rates read well per 100 of a currency with cents, per 10,000 of one without. */
export function conversionUnit(currency: string): ConversionsAsValue {
  const perMajor = currencyOffset(currency) === 1 ? 10_000 : 100;
  return { valueMinor: UNIT_VALUE_MINOR, perMajor, perMinor: toMinor(perMajor, currency) };
}
