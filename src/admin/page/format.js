// Numbers and times as people read them. null is never 0: it comes out as null and the views say
// in words that nothing is known.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const moneyFormats = new Map();

export function count(value) {
  return value === null || value === undefined ? null : whole.format(value);
}

/** "1 ad", "12 ads". */
export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function money(value, currency) {
  if (value === null || value === undefined) return null;
  let format = moneyFormats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat('en', { style: 'currency', currency });
    moneyFormats.set(currency, format);
  }
  return format.format(value);
}

/** A rate as per cent with two significant digits: 0.0213 → "2.1 %". */
export function percent(rate) {
  if (rate === null || rate === undefined) return null;
  return `${significant(rate * 100)} %`;
}

/** A change that is in per cent already, with its sign. */
export function change(pct) {
  if (pct === null || pct === undefined) return null;
  if (pct === 0) return '±0 %';
  const size = Math.abs(pct);
  // Beyond tenfold, per cent are a riddle.
  if (pct >= 1000) return `× ${count(1 + pct / 100)}`;
  const digits = size < 10 && size % 1 !== 0 ? 1 : 0;
  return `${pct > 0 ? '+' : '−'}${size.toFixed(digits)} %`;
}

export function significant(value) {
  if (value === 0) return '0';
  const digits = Math.max(0, 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}

/** Counted over a limited number of draws, so never told as certain. */
export function probability(value) {
  if (value === null || value === undefined) return null;
  if (value > 0.995) return '> 99 %';
  if (value < 0.005) return '< 1 %';
  return `${Math.round(value * 100)} %`;
}

const UNITS = [
  ['year', 365 * 86400],
  ['month', 30 * 86400],
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
];
const relativeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** "3 hours ago", "in 5 minutes", "just now". */
export function relative(instant, now) {
  const seconds = (instant.getTime() - now.getTime()) / 1000;
  for (const [unit, size] of UNITS) {
    // A day and a half is still told in hours: "1 day ago" would hide half of it.
    if (Math.abs(seconds) >= size * (unit === 'day' ? 2 : 1)) {
      return relativeFormat.format(Math.trunc(seconds / size), unit);
    }
  }
  if (seconds > 5) return 'in a moment';
  return 'just now';
}

export function instant(value, timezone) {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(value);
}

/** snake_case of the API in plain words. */
export function words(name) {
  return name.replaceAll('_', ' ');
}
