// What holds changes that wait, in words, and what a person can do about it.
import type { Stuck } from './loop-facts.js';

type Words = Pick<Stuck, 'what' | 'remedy'>;

export function heldBy(code: string | null): Words {
  if (code === null) {
    return { what: 'Changes that wait for the executor', remedy: 'Run the executor job.' };
  }
  return HOLDERS[code] ?? { what: `Changes held by ${code}`, remedy: SEE_DETAIL };
}

const SEE_DETAIL = 'Each says more in its detail, below.';

const HOLDERS: Readonly<Record<string, Words>> = {
  'execution.auth': {
    what: 'Changes held because the platform refuses the access token',
    remedy: 'Store a new one (PUT /v1/accounts/:id/credentials); no attempt was spent meanwhile.',
  },
  'execution.throttled': {
    what: 'Changes held because the platform limits our calls',
    remedy: 'They go out by themselves when the platform says so.',
  },
  'execution.budget_velocity': {
    what: 'Changes held by the limit on budget moves',
    remedy: 'They go out when their window has passed; BUDGET_VELOCITY_PCT and the plan set it.',
  },
  'execution.campaign_rate': {
    what: 'Changes held by the limit on actions per campaign',
    remedy: 'They go out within the hour; MAX_ACTIONS_PER_CAMPAIGN_PER_HOUR sets the limit.',
  },
  'execution.daily_spend_ceiling': {
    what: "Changes held by the plan's ceiling of the day",
    remedy: "They go out when the account's day ends; daily_spend_ceiling of the plan sets it.",
  },
  'execution.human_hold': {
    what: 'Changes held because a person edited the object',
    remedy: 'They go out 72 hours after that edit, or at once when a person posts them by hand.',
  },
};
