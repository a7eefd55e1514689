// Money is an integer in Meta's minor unit for the currency. Meta's offsets are not ISO 4217
// exponents (HUF, TWD and COP have offset 1, BHD has 100), so this table is Meta's own and a
// currency outside it is refused: a guess would be wrong by a factor of a hundred.

const OFFSET_ONE = ['CLP', 'COP', 'CRC', 'HUF', 'ISK', 'IDR', 'JPY', 'KRW', 'PYG', 'TWD', 'VND'];

const OFFSET_HUNDRED = [
  'AED ARS AUD BDT BGN BHD BOB BRL CAD CHF CNY CZK DKK DZD EGP EUR GBP GTQ HKD HNL HRK ILS INR',
  'IQD JOD KES KWD LBP LKR LTL LVL MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN QAR RON',
  'RSD RUB SAR SEK SGD SKK THB TRY TZS UAH UGX USD UYU VEF VES ZAR',
]
  .join(' ')
  .split(' ');

const OFFSETS: ReadonlyMap<string, number> = new Map([
  ...OFFSET_ONE.map((code): [string, number] => [code, 1]),
  ...OFFSET_HUNDRED.map((code): [string, number] => [code, 100]),
]);

/** The largest amount kept, in minor units: far above any real budget, far below 2^53. */
export const MONEY_MINOR_MAX = 1_000_000_000_000_000;

export function isKnownCurrency(currency: string): boolean {
  return OFFSETS.has(currency);
}

/** Minor units per major unit: 1 or 100. Throws for a currency outside Meta's table. */
export function currencyOffset(currency: string): number {
  const offset = OFFSETS.get(currency);
  if (offset === undefined) throw new Error(`currency ${currency} is not in Meta's offset table`);
  return offset;
}

/** Major units (12.34) to integer minor units, rounding half away from zero. */
export function toMinor(major: number, currency: string): number {
  const scaled = major * currencyOffset(currency);
  const size = Math.abs(scaled);
  // The repair below moves a number by at most 5e-15 of it. Where that cannot carry it across a
  // half, plain rounding gives the same result in a tenth of the time.
  if (Math.abs(size - Math.floor(size) - 0.5) > size * 1e-14) {
    return scaled < 0 ? -Math.round(size) : Math.round(size);
  }
  // 1.005 * 100 is 100.49999999999999: fifteen significant digits repair the binary noise.
  const repaired = Number(scaled.toPrecision(15));
  return Math.sign(repaired) * Math.round(Math.abs(repaired));
}

/** Integer minor units to the major-unit number of an answer. */
export function toMajor(minor: number, currency: string): number {
  return minor / currencyOffset(currency);
}

/** Whether a major-unit amount is a whole number of minor units (no fraction of a cent). */
export function isWholeMinor(major: number, currency: string): boolean {
  const scaled = Number((major * currencyOffset(currency)).toPrecision(15));
  return Number.isInteger(scaled);
}
