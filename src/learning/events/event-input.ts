// From the API's event to the stored one, and the rules that an event must obey by itself.
import assert from 'node:assert/strict';
import type { AdEventValues, EventFeatures } from '../../metrics/index.js';
import { CLOCK_TOLERANCE_MILLIS } from '../../shared/history.js';
import { toMinor } from '../../shared/money.js';
import { pseudonymousId } from '../../shared/personal-data.js';
import { isPersonalFeature } from '../../shared/personal-names.js';
import { parseInstant } from '../../shared/time.js';
import type { NewEvent } from './events.dto.js';

export interface EventContext {
  currency: string;
  asOf: Date;
  /** What retention would remove, or no clock can have meant, is not taken. */
  oldest: Date;
  knowsAd: (adId: string) => boolean;
}

export interface EventFault {
  code: string;
  detail: string;
  field: string;
}

export function isEventFault(value: AdEventValues | EventFault): value is EventFault {
  return 'code' in value;
}

/**
 * The values, or every fault of the event in one: the code and the field are those of the first.
 */
export function eventValues(input: NewEvent, context: EventContext): AdEventValues | EventFault {
  const { currency } = context;
  const { value = null } = input;
  const { occurredAt, clickedAt } = timesOf(input);
  const faults = eventFaults(input, context);
  const [first] = faults;
  if (first) return { ...first, detail: faults.map(({ detail }) => detail).join('; ') };
  assert(occurredAt);
  return {
    eventId: pseudonymousId(input.event_id),
    adId: input.ad_id,
    type: input.type,
    count: input.count ?? 1,
    valueMinor: value === null ? null : toMinor(value, currency),
    stage: input.stage == null ? null : pseudonymousId(input.stage),
    occurredAt,
    clickId: input.click_id == null ? null : pseudonymousId(input.click_id),
    clickedAt: input.type === 'conversion' ? clickedAt : null,
    features: input.features == null ? null : withoutPeople(input.features),
  };
}

function timesOf({ occurred_at, clicked_at }: NewEvent) {
  return {
    occurredAt: parseInstant(occurred_at),
    clickedAt: clicked_at == null ? null : parseInstant(clicked_at),
  };
}

/** The rules an event breaks, whether or not it has the right shape otherwise. */
export function eventFaults(
  input: NewEvent,
  { currency, asOf, oldest, knowsAd }: EventContext,
): EventFault[] {
  const { occurredAt, clickedAt } = timesOf(input);
  const faults: (EventFault | null)[] = [];
  if (!knowsAd(input.ad_id)) faults.push(UNKNOWN_AD);
  if (input.currency != null && input.currency !== currency) {
    const detail = `the account counts in ${currency}; convert the value or leave the event out`;
    faults.push({ code: 'events.currency', detail, field: 'currency' });
  }
  if (occurredAt) faults.push(timeFault(occurredAt, { asOf, oldest }, 'occurred_at'));
  else faults.push(noTime('occurred_at'));
  if (clickedAt) faults.push(timeFault(clickedAt, { asOf, oldest }, 'clicked_at'));
  else if (input.clicked_at != null) faults.push(noTime('clicked_at'));
  if (clickedAt && occurredAt) faults.push(orderFault(clickedAt, occurredAt));
  return faults.filter((fault) => fault !== null);
}

function noTime(field: string): EventFault {
  return { code: 'events.invalid', detail: `${field} is not a time`, field };
}

/** A model must not learn somebody's address, nor may it be kept. */
function withoutPeople(features: EventFeatures): EventFeatures {
  const kept = Object.entries(features).filter(([name, value]) => !isPersonalFeature(name, value));
  return Object.fromEntries(kept);
}

const UNKNOWN_AD: EventFault = {
  code: 'events.unknown_ad',
  detail: 'the account has no ad with this id; register it with PUT /v1/ads first',
  field: 'ad_id',
};

function timeFault(
  at: Date,
  { asOf, oldest }: Pick<EventContext, 'asOf' | 'oldest'>,
  field: string,
): EventFault | null {
  const ahead = at.getTime() - asOf.getTime();
  if (ahead > CLOCK_TOLERANCE_MILLIS) {
    const detail = `${field} lies more than 10 minutes in the future`;
    return { code: 'events.in_future', detail, field };
  }
  if (at < oldest) {
    const detail = `${field} lies before ${oldest.toISOString()}: older events are not kept`;
    return { code: 'events.too_old', detail, field };
  }
  return null;
}

/** Clocks of two systems differ by minutes; a click hours after its conversion is another click. */
function orderFault(clickedAt: Date, occurredAt: Date): EventFault | null {
  if (clickedAt.getTime() <= occurredAt.getTime() + CLOCK_TOLERANCE_MILLIS) return null;
  const detail = 'clicked_at lies after the conversion';
  return { code: 'events.click_after_conversion', detail, field: 'clicked_at' };
}
