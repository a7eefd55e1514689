// The plan of contract section 2: what the `allocate` job works from.
import { Id, Money, OneOf, Type, type Static } from '../../shared/index.js';

/** A typo in what guards an account's money must not be dropped in silence. */
const strict = { additionalProperties: false };
const WINDOW = '^([01]\\d|2[0-3]):[0-5]\\d-(([01]\\d|2[0-3]):[0-5]\\d|24:00)$';

const Percent = (description: string) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: 1000, description }));

const Scope = Type.Object(
  {
    scope_id: Id('Your own name of the scope.', 'prospecting'),
    campaign_ids: Type.Union([
      Type.Array(Id('A campaign of the account.'), { minItems: 1, maxItems: 1000 }),
      Type.Literal('all'),
    ]),
    daily_budget: Type.Optional(Money('Per day, major units; this or monthly_budget.')),
    monthly_budget: Type.Optional(Money('Per calendar month of the account, paced evenly.')),
    objective: Type.Optional(
      OneOf(['value', 'target_roas', 'target_cpa'] as const, 'Default value: earn the most.'),
    ),
    target: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1e9,
        description: 'Value per unit of spend, or major units per conversion.',
      }),
    ),
    policy: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'See GET /v1/sampling/policies; default delay_corrected.',
      }),
    ),
    mode: OneOf(
      ['off', 'shadow', 'approve', 'live'] as const,
      'shadow records decisions, approve queues them for a person, live carries them out.',
    ),
    locked_ids: Type.Optional(
      Type.Array(Id('An ad whose budget nobody touches.'), { maxItems: 10_000 }),
    ),
    apply_window: Type.Optional(
      Type.String({
        pattern: WINDOW,
        description: "Local time in which the day's decision is made, default 03:00-06:00.",
      }),
    ),
  },
  strict,
);

export const PlanBody = Type.Object(
  {
    scopes: Type.Array(Scope, { maxItems: 100 }),
    daily_spend_ceiling: Type.Optional(Money('All scopes together never plan more per day.')),
    approval_above_pct: Percent('Larger changes wait for a person.'),
    max_change_pct_24h: Percent('Largest net move of one budget in 24 hours, default 20.'),
    max_change_pct_7d: Percent('The same in 7 days, default 60.'),
    confidence_floor: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'A move that is right with less probability is not made.',
      }),
    ),
  },
  strict,
);
export type PlanBody = Static<typeof PlanBody>;

export const PLAN_EXAMPLE = {
  scopes: [
    {
      scope_id: 'everything',
      campaign_ids: 'all',
      daily_budget: 600,
      objective: 'value',
      mode: 'shadow',
      locked_ids: ['23842000000000007'],
      apply_window: '03:00-06:00',
    },
  ],
  daily_spend_ceiling: 1000,
};
