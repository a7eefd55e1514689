// How many actions an hour takes: of a campaign, and of an ad set's budget. Pure.
import { MILLIS_PER_HOUR } from '../../shared/time.js';
import type { Deferral } from './guard-rules.js';

export type RateVerdict = { kind: 'allowed' } | Deferral;

/** At most `limit` actions in any hour; `actions` are instants of earlier ones, milliseconds. */
export function campaignRate(actions: readonly number[], now: number, limit: number): RateVerdict {
  const recent = actions.filter((at) => at > now - MILLIS_PER_HOUR).sort((a, b) => a - b);
  if (recent.length < limit) return { kind: 'allowed' };
  const leaving = recent[recent.length - limit] ?? now;
  return {
    kind: 'deferred',
    code: 'execution.campaign_rate',
    detail: `the campaign has had ${recent.length} actions within the hour, ${limit} are allowed`,
    waitMillis: Math.max(1, leaving + MILLIS_PER_HOUR - now),
  };
}

/** Meta blocks an ad set for an hour at its fifth budget edit within one. */
const BUDGET_EDITS_PER_HOUR = 4;

/** `edits` are instants of earlier budget edits of this ad set, milliseconds. */
export function budgetEditRate(edits: readonly number[], now: number): RateVerdict {
  const verdict = campaignRate(edits, now, BUDGET_EDITS_PER_HOUR);
  if (verdict.kind === 'allowed') return verdict;
  const detail = `the ad set has had ${BUDGET_EDITS_PER_HOUR} budget edits within the hour`;
  return { ...verdict, code: 'execution.adset_budget_rate', detail };
}
