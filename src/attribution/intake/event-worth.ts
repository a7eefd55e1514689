// What a conversion is worth: value and currency as Meta's documents want them.
import type { ItemFault } from '../../shared/item-fault.js';
import { valueFault } from './event-rules.js';

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));
const VALUE_MAX = 1_000_000_000_000;

export interface Worth {
  value: number | null;
  currency: string | null;
}

/** `value` as a number and `currency` in capitals; Purchase needs both. Or every fault of them. */
export function readWorth(
  eventName: string | undefined,
  customData: Record<string, unknown>,
): Worth | ItemFault[] {
  const { value, currency } = customData;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const code = typeof currency === 'string' ? currency.trim().toUpperCase() : currency;
  const faults: ItemFault[] = [];
  if (isGiven(number) && !isAmount(number)) faults.push(valueFaultOf(value));
  if (isGiven(code) && !(typeof code === 'string' && CURRENCIES.has(code))) {
    const rule = 'must be an ISO 4217 code such as EUR';
    faults.push(
      valueFault('conversions.invalid_currency', '/custom_data/currency', currency, rule),
    );
  }
  if (isGiven(number) && !isGiven(code)) {
    faults.push(fault('currency', 'is missing: a value needs a currency'));
  }
  if (eventName === 'Purchase' && !isGiven(number)) {
    faults.push(fault('value', 'is missing: a Purchase needs a value'));
  }
  if (faults.length > 0) return faults;
  return {
    value: typeof number === 'number' ? number : null,
    currency: typeof code === 'string' ? code : null,
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= VALUE_MAX;
}

/** A decimal comma is shown the point, never guessed: "1,250" is a thousand more elsewhere. */
function valueFaultOf(given: unknown): ItemFault {
  const comma = typeof given === 'string' ? DECIMAL_COMMA.exec(given.trim()) : null;
  const rule = comma
    ? `must be a number with a point, e.g. ${Number(`${comma[1]}.${comma[2]}`)}`
    : 'must be a number from 0 up';
  return valueFault('conversions.invalid_value', '/custom_data/value', given, rule);
}

const DECIMAL_COMMA = /^(\d{1,12}),(\d{1,2})$/;

function fault(name: 'value' | 'currency', words: string): ItemFault {
  const field = `/custom_data/${name}`;
  return { code: `conversions.invalid_${name}`, detail: `${field} ${words}`, field };
}
