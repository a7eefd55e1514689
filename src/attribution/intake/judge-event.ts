// Every broken rule of an event at once: whoever mends one is not told of the next.
import type { ItemFault } from '../../shared/item-fault.js';
import { looksPersonal } from '../../shared/personal-data.js';
import { fbclidInUrl, fbclidOf } from '../identity/click-ids.js';
import type { Person } from '../identity/known-person.js';
import { keysFault } from './complete-event.js';
import type { NewConversion } from './conversions.dto.js';
import { actionSourceFault, processingFaults, readEventTime, sourceOfAge } from './event-rules.js';
import type { EventRules } from './event-types.js';
import { readWorth, type Worth } from './event-worth.js';
import { readUserKeys } from './user-keys.js';

export interface JudgedEvent {
  actionSource: string;
  time: Date;
  worth: Worth;
}

/** Fields are missing where their shape was refused already; then there are only more faults. */
export function judgeEvent(
  event: Partial<NewConversion>,
  rules: EventRules,
  person: Person,
): JudgedEvent | ItemFault[] {
  const { event_name: name, event_time: given } = event;
  const actionSource = event.action_source?.trim().toLowerCase();
  const time = given === undefined ? null : readEventTime(given, sourceOfAge(actionSource), rules);
  const worth = readWorth(name, event.custom_data ?? {});
  const faults = [
    (actionSource === undefined ? null : actionSourceFault(actionSource)) ?? [],
    processingFaults(event),
    (name === undefined ? null : nameFault(name, person)) ?? [],
    time === null || time instanceof Date ? [] : time,
    Array.isArray(worth) ? worth : [],
  ].flat();
  const isWhole = actionSource !== undefined && time instanceof Date && !Array.isArray(worth);
  if (isWhole && faults.length === 0) return { actionSource, time, worth };
  return [...faults, ...keysFaults(event, rules, person)];
}

function nameFault(name: string, person: Person): ItemFault | null {
  if (!looksPersonal(name) && !person.isWhollyIn(name)) return null;
  return {
    code: 'conversions.personal_data',
    detail: '/event_name holds an address or phone number',
    field: '/event_name',
  };
}

/** Of an event that is refused anyway; a click that may be behind it is given the benefit. */
function keysFaults(
  event: Partial<NewConversion>,
  { now }: EventRules,
  person: Person,
): ItemFault[] {
  if (event.user_data === undefined || event.consent === false) return [];
  const keys = readUserKeys(event.user_data, event.default_country, now, person);
  const { givenFbc, matchKeys, fields } = keys;
  const mayHaveFbc =
    (givenFbc !== null && fbclidOf(givenFbc) !== null) ||
    fbclidInUrl(event.event_source_url ?? null) !== null ||
    event.click_id !== undefined;
  return mayHaveFbc ? [] : [keysFault(matchKeys, fields) ?? []].flat();
}
