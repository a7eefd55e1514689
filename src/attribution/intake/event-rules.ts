// What Meta's documents demand of an event beside its user_data. A broken rule rejects the event
// here, because at Meta it would take a whole batch down with it.
import { CLOCK_TOLERANCE_MILLIS } from '../../shared/history.js';
import { MILLIS_PER_DAY, parseInstant } from '../../shared/time.js';

export interface EventFault {
  code: string;
  detail: string;
  /** Pointer inside the event. */
  field: string;
}

export const ACTION_SOURCES: ReadonlySet<string> = new Set([
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

export function isEventFault(value: object): value is EventFault {
  return 'code' in value && 'detail' in value && 'field' in value;
}

/** When Meta stops taking the event. */
export function expiryOf(eventTime: Date, actionSource: string): Date {
  const days = actionSource === 'physical_store' ? AGE_DAYS_MAX_STORE : AGE_DAYS_MAX;
  return new Date(eventTime.getTime() + days * MILLIS_PER_DAY);
}

/** Unix seconds, as a number or digits; ISO 8601 where the caller's protocol has it. */
export function readEventTime(
  given: unknown,
  actionSource: string,
  now: Date,
  allowsIso: boolean,
): Date | EventFault {
  const time = instantOf(given, allowsIso);
  if (time === 'milliseconds') {
    return fault('conversions.invalid_event_time', 'is in milliseconds; Meta wants seconds', TIME);
  }
  if (time === null) {
    const form = allowsIso ? 'Unix seconds or an ISO 8601 time with zone' : 'Unix seconds';
    return fault('conversions.invalid_event_time', `must be ${form}`, TIME);
  }
  if (time.getTime() > now.getTime() + CLOCK_TOLERANCE_MILLIS) {
    return fault('conversions.invalid_event_time', 'lies in the future', TIME);
  }
  if (expiryOf(time, actionSource) < now) {
    const limit = actionSource === 'physical_store' ? AGE_DAYS_MAX_STORE : AGE_DAYS_MAX;
    return fault('conversions.too_old', `is older than the ${limit} days that Meta takes`, TIME);
  }
  return time;
}

export function actionSourceFault(actionSource: string): EventFault | null {
  if (ACTION_SOURCES.has(actionSource)) return null;
  const detail = `must be one of ${[...ACTION_SOURCES].join(', ')}`;
  return fault('conversions.invalid_action_source', detail, '/action_source');
}

/** `["LDU"]` with country 0 or 1 and state 0 or 1000–1014; `[]` says "not limited". */
export function processingFault(event: {
  data_processing_options?: string[];
  data_processing_options_country?: number;
  data_processing_options_state?: number;
}): EventFault | null {
  const options = event.data_processing_options ?? [];
  const country = event.data_processing_options_country ?? 0;
  const state = event.data_processing_options_state ?? 0;
  const code = 'conversions.invalid_data_processing_options';
  if (options.length > 1 || options.some((option) => option !== 'LDU')) {
    return fault(code, 'must be [] or ["LDU"]', '/data_processing_options');
  }
  if (country !== 0 && country !== 1) {
    return fault(code, 'must be 0 or 1', '/data_processing_options_country');
  }
  if (state !== 0 && (state < LDU_STATE_FIRST || state > LDU_STATE_LAST)) {
    return fault(code, 'must be 0 or 1000–1014', '/data_processing_options_state');
  }
  return null;
}

const TIME = '/event_time';

export function fault(code: string, detail: string, field: string): EventFault {
  return { code, detail: `${field} ${detail}`, field };
}

function instantOf(given: unknown, allowsIso: boolean): Date | 'milliseconds' | null {
  const isDigits = typeof given === 'string' && /^\d{1,16}$/.test(given);
  const seconds = isDigits ? Number(given) : given;
  if (typeof seconds === 'number') {
    if (!Number.isInteger(seconds) || seconds <= 0) return null;
    return seconds >= SECONDS_MAX ? 'milliseconds' : new Date(seconds * 1000);
  }
  return allowsIso && typeof given === 'string' ? parseInstant(given) : null;
}
