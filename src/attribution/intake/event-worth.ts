// What a conversion is worth: value and currency as Meta's documents want them.
import { fault, type EventFault } from './event-rules.js';

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
): Worth | EventFault {
  const { value, currency } = customData;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (number !== undefined && number !== null) {
    const isAmount = typeof number === 'number' && Number.isFinite(number);
    if (!isAmount || number < 0 || number > VALUE_MAX) {
      return fault('conversions.invalid_value', 'must be a number from 0 up', '/custom_data/value');
    }
  }
  const code = typeof currency === 'string' ? currency.trim().toUpperCase() : currency;
  if (code !== undefined && code !== null && !CURRENCIES.has(String(code))) {
    return fault(
      'conversions.invalid_currency',
      'must be an ISO 4217 code such as EUR',
      '/custom_data/currency',
    );
  }
  const worth = {
    value: typeof number === 'number' ? number : null,
    currency: typeof code === 'string' ? code : null,
  };
  if (worth.value !== null && worth.currency === null) {
    return fault(
      'conversions.invalid_currency',
      'a value needs a currency',
      '/custom_data/currency',
    );
  }
  if (eventName === 'Purchase' && worth.value === null) {
    return fault('conversions.invalid_value', 'a Purchase needs a value', '/custom_data/value');
  }
  return worth;
}
