// What Meta's documents demand of an event beside its user_data. A broken rule rejects the event
// here, because at Meta it would take a whole batch down with it.
import { CLOCK_TOLERANCE_MILLIS } from '../../shared/history.js';
import type { ItemFault } from '../../shared/item-fault.js';
import { withoutPersonalData } from '../../shared/personal-data.js';
import { MILLIS_PER_DAY, parseInstant } from '../../shared/time.js';

const ACTION_SOURCES: ReadonlySet<string> = new Set([
  'email',
  'website',
  'app',
  'phone_call',
  'chat',
  'physical_store',
  'system_generated',
  'business_messaging',
  'other',
]);

const AGE_DAYS_MAX = 7;
const AGE_DAYS_MAX_STORE = 62;
/** 10^11 seconds is the year 5138: such a number is in milliseconds. */
const SECONDS_MAX = 100_000_000_000;
const LDU_STATE_FIRST = 1000;
const LDU_STATE_LAST = 1014;

/** When Meta stops taking the event. */
export function expiryOf(eventTime: Date, actionSource: string): Date {
  const days = actionSource === 'physical_store' ? AGE_DAYS_MAX_STORE : AGE_DAYS_MAX;
  return new Date(eventTime.getTime() + days * MILLIS_PER_DAY);
}

/** What a time is judged by. */
export interface TimeRules {
  now: Date;
  /** Meta's own protocol knows Unix seconds only. */
  allowsIsoTime: boolean;
}

/** Unix seconds, as a number or digits; ISO 8601 where the caller's protocol has it. */
export function readEventTime(
  given: unknown,
  actionSource: string,
  { now, allowsIsoTime }: TimeRules,
): Date | ItemFault {
  const refuse = (rule: string, code = 'conversions.invalid_event_time') =>
    valueFault(code, '/event_time', given, rule);
  const time = instantOf(given, allowsIsoTime);
  if (time === 'milliseconds') return refuse('in milliseconds; Meta wants seconds');
  if (time === null) {
    const form = allowsIsoTime ? 'Unix seconds or an ISO 8601 time with zone' : 'Unix seconds';
    return refuse(`must be ${form}`);
  }
  if (time.getTime() > now.getTime() + CLOCK_TOLERANCE_MILLIS) return refuse('lies in the future');
  if (expiryOf(time, actionSource) < now) {
    const limit = actionSource === 'physical_store' ? AGE_DAYS_MAX_STORE : AGE_DAYS_MAX;
    return refuse(`older than the ${limit} days that Meta takes`, 'conversions.too_old');
  }
  return time;
}

/** By the longest age that Meta takes of any where the source itself is none. */
export function sourceOfAge(given: string | undefined): string {
  return given !== undefined && ACTION_SOURCES.has(given) ? given : 'physical_store';
}

export function actionSourceFault(given: string): ItemFault | null {
  if (ACTION_SOURCES.has(given)) return null;
  const rule = `must be one of ${[...ACTION_SOURCES].join(', ')}`;
  return valueFault('conversions.invalid_action_source', '/action_source', given, rule);
}

/** `["LDU"]` with country 0 or 1 and state 0 or 1000–1014; `[]` says "not limited". */
export function processingFaults(event: {
  data_processing_options?: string[];
  data_processing_options_country?: number;
  data_processing_options_state?: number;
}): ItemFault[] {
  const options = event.data_processing_options ?? [];
  const country = event.data_processing_options_country ?? 0;
  const state = event.data_processing_options_state ?? 0;
  const code = 'conversions.invalid_data_processing_options';
  const faults: ItemFault[] = [];
  const refuse = (name: string, given: unknown, rule: string) =>
    faults.push(valueFault(code, `/data_processing_options${name}`, given, rule));
  if (options.length > 1 || options.some((option) => option !== 'LDU')) {
    refuse('', options, 'must be [] or ["LDU"]');
  }
  if (country !== 0 && country !== 1) refuse('_country', country, 'must be 0 or 1');
  if (state !== 0 && (state < LDU_STATE_FIRST || state > LDU_STATE_LAST)) {
    refuse('_state', state, 'must be 0 or 1000–1014');
  }
  return faults;
}

/** Names the value, which is no identifier; an address that stands there all the same goes out. */
export function valueFault(code: string, field: string, given: unknown, rule: string): ItemFault {
  const text = (JSON.stringify(given) ?? 'missing').slice(0, SHOWN_CHARACTERS_MAX);
  return { code, detail: `${field} is ${withoutPersonalData(text)}: ${rule}`, field };
}

const SHOWN_CHARACTERS_MAX = 60;

function instantOf(given: unknown, allowsIso: boolean): Date | 'milliseconds' | null {
  const isNumber = typeof given === 'string' && /^\d{1,16}(?:\.\d{1,9})?$/.test(given);
  const seconds = isNumber ? Number(given) : given;
  if (typeof seconds === 'number') {
    if (!Number.isFinite(seconds) || seconds < 1) return null;
    // Clocks give fractions; the event lies in that second.
    return seconds >= SECONDS_MAX ? 'milliseconds' : new Date(Math.floor(seconds) * 1000);
  }
  return allowsIso && typeof given === 'string' ? parseInstant(given) : null;
}
