// The shapes of contract section 6: what is posted, listed and answered.
import {
  Id,
  Instant,
  Nullable,
  OneOf,
  PageQuery,
  Text,
  Type,
  withValues,
} from '../../shared/index.js';
import type { Static } from '../../shared/index.js';
import { CHANGE_STATES } from '../objects/change-states.js';

const Value = (description: string) =>
  Type.Union([Type.Number(), Type.String({ maxLength: 20 })], { description });

export const NewChange = Type.Object({
  idempotency_key: Id('Yours; the same key never counts twice.', 'spring-raise-1'),
  ad_id: Id('The object that carries the value.', '23842000000000001'),
  change_type: OneOf(['budget', 'status', 'bid'] as const),
  requested_value: Value('Major units for budget and bid; active, paused or archived for status.'),
  current_value: Type.Optional(
    Nullable(Value('What you believe to be live; if it is not, the change is refused as drift.')),
  ),
  currency: Type.Optional(Text(3, "Must be the account's.")),
  reason: Type.Optional(Nullable(Text(2000))),
  confidence: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 1 }))),
  not_before: Type.Optional(Nullable(Instant('Not before this instant of the server clock.'))),
});
export type NewChange = Static<typeof NewChange>;

export const AccountQuery = Type.Object({
  account_id: Type.Optional(Id('Admin callers name the account; a key implies its own.')),
});
export type AccountQuery = Static<typeof AccountQuery>;

export const ChangesQuery = Type.Object({
  ...PageQuery.properties,
  ...AccountQuery.properties,
  status: Type.Optional(OneOf(CHANGE_STATES, 'Only changes in this state.')),
  ad_id: Type.Optional(Id('Only changes of this object.')),
  decision_id: Type.Optional(Id('Only changes that this decision queued.')),
});
export type ChangesQuery = Static<typeof ChangesQuery>;

export const CHANGES_EXAMPLE = {
  changes: [
    {
      idempotency_key: 'spring-raise-1',
      ad_id: '23842000000000001',
      change_type: 'budget',
      requested_value: 60,
      current_value: 50,
      reason: 'earns three times its spend',
    },
  ],
};

const CHANGE_VALUES = {
  change_type: ['budget', 'status', 'bid'],
  origin: ['manual', 'decision', 'undo'],
  status: CHANGE_STATES,
};
const ATTEMPT_VALUES = { change_type: CHANGE_VALUES.change_type, mode: ['single', 'batch'] };
const IMAGE_EXAMPLE = withValues(
  { status: ['active', 'paused', 'archived'] },
  { value: 50, status: 'active', daily_budget: 50, bid: null, source: 'platform' },
);

export const CHANGE_ANSWER_EXAMPLE = withValues(CHANGE_VALUES, {
  id: 'chg_0m8x3k2q9w1e',
  idempotency_key: 'spring-raise-1',
  ad_id: '23842000000000001',
  campaign_id: '23842000000000900',
  change_type: 'budget',
  requested_value: 60,
  current_value: 50,
  reason: 'earns three times its spend',
  confidence: 0.93,
  origin: 'manual',
  decision_id: null,
  undo_of: null,
  requested_by: 'key:first key',
  approved_by: null,
  status: 'completed',
  expires_at: null,
  not_before: null,
  blocked_by: null,
  detail: null,
  warnings: [],
  before: IMAGE_EXAMPLE,
  after: { ...IMAGE_EXAMPLE, value: 60, daily_budget: 60 },
  worst_case_extra_spend: 17.5,
  attempt_count: 1,
  effective_at: '2026-11-22T08:00:01.000Z',
  created_at: '2026-11-22T08:00:00.000Z',
  updated_at: '2026-11-22T08:00:01.000Z',
  finished_at: '2026-11-22T08:00:01.000Z',
});

export const ATTEMPT_EXAMPLE = withValues(ATTEMPT_VALUES, {
  attempt: 1,
  at: '2026-11-22T08:00:01.000Z',
  effective_at: '2026-11-22T08:00:01.000Z',
  mode: 'single',
  batch_id: null,
  outcome: 'completed',
  error: null,
  fbtrace_id: null,
  duration_ms: 12,
  ...{ requested_by: 'key:first key', approved_by: null, change_type: 'budget' },
  ...{ requested_value: 60, reason: 'earns three times its spend', decision_id: null },
  confidence: 0.93,
  before: IMAGE_EXAMPLE,
  after: { ...IMAGE_EXAMPLE, value: 60, daily_budget: 60 },
  worst_case_extra_spend: 17.5,
});

/** The worst case is the raise × the factor × the days until the next decision. */
export const COST_EXAMPLE = {
  ...{ budget_change_per_day: 10, worst_case_extra_spend: 17.5, days: 1, factor: 1.75 },
  ...{ probability_wrong: 0.07, expected_gain_per_day: null, value_unit: null },
};
