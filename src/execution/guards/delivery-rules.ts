// What the platform and the account say right before a write. Pure. Some of these rules hold back
// what the machine thought up and only warn a person who asked: the person may know better.
import type { AccountLimits, DeliveryFacts } from '../../platforms/index.js';
import { MILLIS_PER_HOUR } from '../../shared/time.js';
import type { GuardedChange, Refusal } from './guard-rules.js';
import type { ObjectImage } from '../objects/object-image.js';
import type { Sighting } from './velocity.js';

export interface LiveFacts {
  delivery: DeliveryFacts | null;
  limits: AccountLimits | null;
  /** Of the last three whole days; null = not known, or the object is younger than that. */
  recentSpendMinor: number | null;
  /** Until the account's day ends; null for accounts whose days bind nobody. */
  millisToDayEnd: number | null;
  /** Other objects of the account that are active and own a budget; null = not known. */
  activeOthers: number | null;
  /** false where nobody but us and the simulation itself can have changed a budget. */
  hasPeople: boolean;
}

/** A rule that speaks up; `waitMillis` null = no waiting helps. */
export interface Finding extends Refusal {
  waitMillis: number | null;
  /** Binds what nobody asked for; a person is only warned. */
  automaticOnly: boolean;
}

/** Above this share of the account's cap a raise would end in a stop of everything. */
const CAP_NEAR_SHARE = 0.9;
/** Below this share of its budget an object is held back by something else than the budget. */
const CAP_BINDING_SHARE = 0.8;
const SPEND_DAYS = 3;
const LATE_HOURS = 6;
const HUMAN_HOLD_HOURS = 72;
/** States of others that may end at any time are asked again after these. */
const SOON = 6 * MILLIS_PER_HOUR;
const TOMORROW = 24 * MILLIS_PER_HOUR;

export function liveFindings(
  change: GuardedChange,
  image: ObjectImage,
  facts: LiveFacts,
  sightings: readonly Sighting[],
  now: number,
): Finding[] {
  const { delivery, limits } = facts;
  const isBudget = change.changeType === 'budget';
  const live = image.dailyBudgetMinor ?? 0;
  const isRaise = isBudget && (change.requestedMinor ?? 0) > live;
  const isEdit = change.changeType !== 'status';
  const findings: (Finding | false)[] = [
    limits?.isDisabled === true && binding('account_disabled', 'the ad account is disabled', null),
    isBudget && belowMinimum(change.requestedMinor, minimumOf(facts)),
    stopsTheLast(change, image, facts.activeOthers),
    isBudget &&
      delivery?.hasBudgetSchedule === true &&
      binding('budget_schedule_active', 'a budget schedule changes this budget by itself', SOON),
    isRaise &&
      delivery?.isDelivering === false &&
      binding('not_delivering', `it does not deliver (${delivery.effectiveStatus})`, SOON),
    isRaise && capNear(limits),
    isRaise && capBinding(live, facts.recentSpendMinor),
    isEdit &&
      delivery?.isLearning === true &&
      warning('learning', 'it is in its learning phase', TOMORROW),
    isRaise && lateInTheDay(facts.millisToDayEnd),
    isBudget && facts.hasPeople && humanHold(sightings, now),
  ];
  return findings.filter((finding) => finding !== false);
}

function binding(name: string, detail: string, waitMillis: number | null): Finding {
  return { code: `execution.${name}`, detail, waitMillis, automaticOnly: false };
}

function warning(name: string, detail: string, waitMillis: number): Finding {
  return { code: `execution.${name}`, detail, waitMillis, automaticOnly: true };
}

/** No real platform takes a budget of nothing, even where its account names no minimum. */
function minimumOf({ limits, hasPeople }: LiveFacts): number | null {
  return limits?.minDailyBudgetMinor ?? (hasPeople ? 1 : null);
}

function belowMinimum(requested: number | null, minimum: number | null): Finding | false {
  if (requested === null || minimum === null || requested >= minimum) return false;
  const detail = `the platform takes no daily budget below ${minimum} minor units`;
  return binding('below_platform_minimum', detail, null);
}

/** Pausing the only object that still runs would end all advertising and all learning. */
function stopsTheLast(
  { requestedStatus }: GuardedChange,
  { status }: ObjectImage,
  activeOthers: number | null,
): Finding | false {
  const stops = requestedStatus === 'paused' || requestedStatus === 'archived';
  if (!stops || status !== 'active' || activeOthers !== 0) return false;
  return binding('last_active', 'it is the last active object of the account', null);
}

function capNear(limits: AccountLimits | null): Finding | false {
  if (!limits || limits.spendCapMinor === null || limits.amountSpentMinor === null) return false;
  if (limits.amountSpentMinor < limits.spendCapMinor * CAP_NEAR_SHARE) return false;
  const detail =
    `the account has spent ${limits.amountSpentMinor} of its cap of ` +
    `${limits.spendCapMinor} minor units`;
  return binding('spend_cap_near', detail, SOON);
}

function capBinding(live: number, recentSpend: number | null): Finding | false {
  if (recentSpend === null || recentSpend >= live * SPEND_DAYS * CAP_BINDING_SHARE) return false;
  const detail = `${recentSpend} minor units spent in ${SPEND_DAYS} days: the budget is not what holds it back`;
  return binding('cap_binding', detail, TOMORROW);
}

/** The platform may spend the whole raise in what is left of the day. */
function lateInTheDay(millisToDayEnd: number | null): Finding | false {
  if (millisToDayEnd === null || millisToDayEnd > LATE_HOURS * MILLIS_PER_HOUR) return false;
  return warning(
    'late_day_raise',
    `the account's day ends within ${LATE_HOURS} hours`,
    millisToDayEnd,
  );
}

/** The latest sighting that differs from the one before it and was not of our making. */
function humanHold(sightings: readonly Sighting[], now: number): Finding | false {
  const edit = sightings.findLast(
    (seen, index) => index > 0 && !seen.own && seen.minor !== sightings[index - 1]?.minor,
  );
  const until = edit ? edit.at + HUMAN_HOLD_HOURS * MILLIS_PER_HOUR : 0;
  if (until <= now) return false;
  const detail = `someone else changed this budget within ${HUMAN_HOLD_HOURS} hours`;
  return warning('human_hold', detail, until - now);
}
