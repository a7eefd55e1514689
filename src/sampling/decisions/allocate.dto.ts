import {
  Id,
  Instant,
  Money,
  Nullable,
  PageQuery,
  Type,
  withValues,
  type Static,
} from '../../shared/index.js';

export const AllocateBody = Type.Object({
  account_id: Type.Optional(Id('Admin callers name the account.')),
  campaign_id: Type.Optional(Id('Only the ads of this campaign.')),
  ad_ids: Type.Optional(
    Type.Array(Id('An ad of the account.'), {
      minItems: 1,
      maxItems: 20_000,
      description: 'Only these ads.',
    }),
  ),
  total_budget: Money('What the ads may cost per day in all, major units.'),
  policy: Type.Optional(
    Type.String({ description: 'See GET /v1/sampling/policies; default delay_corrected.' }),
  ),
  as_of: Type.Optional(Instant("The caller's clock; default now.")),
  seed: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Same seed, same answer.',
    }),
  ),
  apply: Type.Boolean({ default: false, description: 'Queue the changes for execution.' }),
  max_step_pct: Type.Optional(
    Nullable(
      Type.Number({
        minimum: 0,
        maximum: 1000,
        description: 'Largest move of one budget in per cent, default 20; null = no limit.',
      }),
    ),
  ),
});
export type AllocateBody = Static<typeof AllocateBody>;

export const DecisionsQuery = Type.Composite([
  PageQuery,
  Type.Object({
    account_id: Type.Optional(Type.String({ description: 'Admin callers name the account.' })),
  }),
]);
export type DecisionsQuery = Static<typeof DecisionsQuery>;

export const DecisionQuery = Type.Object({
  account_id: Type.Optional(Type.String({ description: 'Admin callers name the account.' })),
  replay: Type.Boolean({ default: false, description: 'Compute it again and compare bytes.' }),
  inputs: Type.Boolean({ default: true, description: 'Show what it was computed from.' }),
});
export type DecisionQuery = Static<typeof DecisionQuery>;

export const ALLOCATE_EXAMPLE = { total_budget: 600, seed: 42, max_step_pct: 20 };

const MOVE_VALUES = { action: ['scale', 'hold', 'reduce', 'pause'] };

export const DECISION_EXAMPLE = {
  decision_id: 'dec_8wq2xV3lq0aR',
  policy: 'delay_corrected',
  as_of: '2026-11-22T08:00:00.000Z',
  seed: 42,
  total_budget: 600,
  value_unit: 'money',
  recommendations: [
    withValues(MOVE_VALUES, {
      ad_id: '23842000000000001',
      campaign_id: '23842000000000900',
      current_budget: 50,
      recommended_budget: 60,
      change_pct: 20,
      probability_best: 0.41,
      propensity: 0.24,
      confidence: 0.93,
      action: 'scale',
      reason: 'Earns more per unit of money than the account’s marginal unit; capped at +20 %.',
      explores: false,
      marginal_value: { mean: 3.1, lo: 2.2, hi: 4.3 },
      expected_gain: { mean: 11.2, lo: 2.5, hi: 21.8 },
      score: {
        ctr: 0.015,
        pipeline_roas: null,
        cash_roas: 2.8,
        blended: 0.5,
        final: 0.48,
        cache: 'exact',
      },
    }),
  ],
  left_out: [],
  unallocated: null,
  expected: {
    current: 1510.2,
    current_at_proposed_total: 1510.2,
    proposed: 1583.9,
    uncapped: 1702.4,
    p_better: 0.97,
    horizon_days: 1,
  },
  notes: [],
};

const { recommendations, left_out, ...SLIM_EXAMPLE } = DECISION_EXAMPLE;

export const LISTED_DECISION_EXAMPLE = {
  ...SLIM_EXAMPLE,
  counts: {
    ...{ ads: recommendations.length, scale: 1, hold: 0, reduce: 0, pause: 0 },
    left_out: left_out.length,
  },
  ...{ policy_version: '3', scope_id: 'spring', local_day: '2026-11-22' },
  ...{ created_at: '2026-11-22T08:00:00.000Z', created_by: 'job:allocate' },
  ...{ apply_requested_at: '2026-11-22T08:00:00.000Z', queued_at: '2026-11-22T08:00:01.000Z' },
};
