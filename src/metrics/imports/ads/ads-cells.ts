// The few cells of an ad export that are words and not numbers: what they mean to us.
import { isoDay } from '../csv/iso-day.js';

const STATUS = new Map<string, 'active' | 'paused' | 'archived'>(
  Object.entries({
    active: 'active',
    learning: 'active',
    'learning limited': 'active',
    inactive: 'paused',
    paused: 'paused',
    off: 'paused',
    'ad off': 'paused',
    'ad set off': 'paused',
    'adset off': 'paused',
    'campaign off': 'paused',
    'not delivering': 'paused',
    completed: 'paused',
    'recently completed': 'paused',
    archived: 'archived',
    deleted: 'archived',
  } as const),
);

/** Null for the many delivery notes that do not say whether somebody switched the object off. */
export function statusOfDelivery(delivery: string): 'active' | 'paused' | 'archived' | null {
  if (delivery === '') return null;
  return STATUS.get(delivery.toLowerCase().replaceAll('_', ' ')) ?? null;
}

/** What "Results" counts, by its indicator ("actions:offsite_conversion.fb_pixel_purchase"). */
export function resultKind(indicator: string): 'purchase' | 'lead' | null {
  if (indicator === '') return null;
  if (/purchase/i.test(indicator)) return 'purchase';
  return /(^|[^a-z])leads?([^a-z]|$)/i.test(indicator) ? 'lead' : null;
}

/** The summary row's words, in the column where the others have their name. */
export function isTotalsName(name: string): boolean {
  return /^((grand )?totals?|(results|total) (from|of|for) .*\b(campaigns?|ad sets?|ads?))$/i.test(
    name,
  );
}

/** A start as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS; null when unreadable: not worth losing the row. */
export function isoStart(text: string): string | null {
  const day = text === '' ? null : isoDay(text);
  if (day === null) return null;
  const time = /^.{10}[T ](\d{2}:\d{2})(:\d{2})?/.exec(text);
  return time ? `${day}T${time[1]}${time[2] ?? ':00'}` : day;
}
