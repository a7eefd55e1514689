// One value of a change as callers write it: an amount in major units, or a status. Pure.
import type { AdStatus, ChangeType } from '../../platforms/index.js';
import { isWholeMinor, toMinor } from '../../shared/money.js';

const STATUSES: readonly string[] = ['active', 'paused', 'archived'];

/**
 * No platform takes a day's budget above about a million US dollars; more is a slip of the hand.
 */
const ABSURD_MAJOR_STRONG = 1_000_000;
/** Units to a US dollar, rounded up generously, where it is more than a handful. */
const WEAK_CURRENCIES: Readonly<Record<string, number>> = {
  ...{ ARS: 3000, BDT: 200, CLP: 2000, COP: 10_000, CRC: 1000, CZK: 50, DZD: 300, EGP: 100 },
  ...{ HUF: 800, IDR: 30_000, INR: 200, IQD: 3000, ISK: 300, JPY: 300, KES: 300, KRW: 3000 },
  ...{ LBP: 200_000, LKR: 600, MXN: 50, NGN: 3000, NIO: 80, PHP: 100, PKR: 600, PYG: 15_000 },
  ...{ RSD: 200, RUB: 200, THB: 70, TRY: 100, TWD: 70, TZS: 5000, UAH: 100, UGX: 8000 },
  ...{ UYU: 100, VEF: 1_000_000, VES: 1000, VND: 50_000, ZAR: 40 },
};

/** The value in minor units or as a status, or what is wrong with it. */
export function readValue(
  type: ChangeType,
  value: number | string,
  currency: string,
): { minor: number | null; status: AdStatus | null } | { code: string; detail: string } {
  if (type === 'status') {
    return typeof value === 'string' && STATUSES.includes(value)
      ? { minor: null, status: value as AdStatus }
      : { code: 'execution.unknown_status', detail: 'must be active, paused or archived' };
  }
  if (typeof value !== 'number') {
    return { code: 'execution.invalid_value', detail: 'must be a number of major units' };
  }
  if (value < 0) return { code: 'execution.negative_value', detail: 'must not be negative' };
  const absurdAbove = ABSURD_MAJOR_STRONG * (WEAK_CURRENCIES[currency] ?? 1);
  if (value > absurdAbove) {
    const detail = `${value} ${currency} is more than any platform takes (${absurdAbove})`;
    return { code: 'execution.absurd_value', detail };
  }
  if (!isWholeMinor(value, currency)) {
    const detail = `${value} has more decimals than ${currency} has`;
    return { code: 'execution.fractional_minor', detail };
  }
  return { minor: toMinor(value, currency), status: null };
}
