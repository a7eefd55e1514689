// What a conversion is worth: value and currency as Meta's documents want them.
import type { ItemFault } from '../../shared/item-fault.js';
import { valueFault } from './event-rules.js';

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));
const VALUE_MAX = 1_000_000_000_000;

export interface Worth {
  value: number | null;
  currency: string | null;
}

/** `value` as a number and `currency` in capitals; Purchase needs both. */
export function readWorth(
  eventName: string,
  customData: Record<string, unknown>,
): Worth | ItemFault {
  const { value, currency } = customData;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (number !== undefined && number !== null) {
    const isAmount = typeof number === 'number' && Number.isFinite(number);
    if (!isAmount || number < 0 || number > VALUE_MAX) return valueFaultOf(value);
  }
  const code = typeof currency === 'string' ? currency.trim().toUpperCase() : currency;
  if (code !== undefined && code !== null && !(typeof code === 'string' && CURRENCIES.has(code))) {
    return valueFault(
      'conversions.invalid_currency',
      '/custom_data/currency',
      currency,
      'must be an ISO 4217 code such as EUR',
    );
  }
  const worth = {
    value: typeof number === 'number' ? number : null,
    currency: typeof code === 'string' ? code : null,
  };
  if (worth.value !== null && worth.currency === null) {
    return fault('currency', 'is missing: a value needs a currency');
  }
  if (eventName === 'Purchase' && worth.value === null) {
    return fault('value', 'is missing: a Purchase needs a value');
  }
  return worth;
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
