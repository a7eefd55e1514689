// What Meta's documents require of website events. Whether Meta refuses events without it is not
// known, and a lost conversion is worse: they are taken and delivered, and it is said.
import type { FieldVerdict } from '../identity/user-data.js';
import type { NewConversion } from './conversions.dto.js';

const MISSING = 'missing: Meta asks for it with action_source website';

export function websiteWarnings(actionSource: string, event: NewConversion): FieldVerdict[] {
  if (actionSource !== 'website') return [];
  const missing = [
    ...(event.event_source_url?.trim() ? [] : ['event_source_url']),
    ...(isGiven(event.user_data['client_user_agent']) ? [] : ['client_user_agent']),
  ];
  return missing.map((field) => ({ field, verdict: 'dropped', reason: MISSING }));
}

export function isMissing(reason: string | undefined): boolean {
  return reason === MISSING;
}

export interface Warning {
  code: 'conversions.missing_field';
  field: string;
  detail: string;
}

/** The warnings among an event's verdicts. */
export function warningsOf(fields: FieldVerdict[]): Warning[] {
  return fields
    .filter(({ reason }) => isMissing(reason))
    .map(({ field, reason }) => ({
      code: 'conversions.missing_field',
      field,
      detail: `${field} is ${reason}`,
    }));
}

function isGiven(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
