// The shapes of contract section 2 (accounts, keys, credentials).
import {
  HISTORY_DAYS,
  Name,
  Nullable,
  OneOf,
  PathId,
  RETENTION_DAYS,
  Type,
  type Static,
  withValues,
} from '../../shared/index.js';

/** Of a shorter time nobody could say what a job did last week. */
const RUNS_DAYS_MIN = 7;
const RETENTION_DAYS_MAX = 3650;

/** A typo in what guards an account's money must not be dropped in silence. */
const strict = { additionalProperties: false };

const Kept = (what: string, minimum: number) =>
  Type.Optional(
    Type.Integer({ minimum, maximum: RETENTION_DAYS_MAX, description: `Days that ${what} stay.` }),
  );

const Settings = Type.Object(
  {
    min_probability_better: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    kill_min_spend: Type.Optional(Type.Number({ minimum: 0, maximum: 1e9 })),
    half_life_days: Type.Optional(
      Type.Object(
        {
          ctr: Type.Optional(Type.Number({ minimum: 0.1, maximum: 3650 })),
          cvr: Type.Optional(Type.Number({ minimum: 0.1, maximum: 3650 })),
        },
        strict,
      ),
    ),
    retention_days: Type.Optional(
      Type.Object(
        {
          events: Kept('events', HISTORY_DAYS),
          conversions: Kept('conversions', HISTORY_DAYS),
          clicks: Kept('clicks', HISTORY_DAYS),
          snapshots: Kept('later snapshots of an ad', HISTORY_DAYS),
          decisions: Kept('decisions', HISTORY_DAYS),
          runs: Kept('runs of jobs', RUNS_DAYS_MIN),
        },
        strict,
      ),
    ),
  },
  strict,
);

const EventNames = (description: string) => Type.Array(Name(100), { maxItems: 50, description });

const Currency = Type.String({ format: 'currency', description: "In Meta's currency table." });

const changeable = {
  niche: Type.Optional(Nullable(Name(100))),
  timezone: Type.Optional(
    Type.String({
      maxLength: 64,
      format: 'timezone',
      description: 'IANA timezone; days of the account are its days.',
    }),
  ),
  share_patterns: Type.Optional(
    Type.Boolean({ description: 'Give to and receive from other accounts (aggregates only).' }),
  ),
  attribution_window_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 90 })),
  conversion_events: Type.Optional(EventNames('Events that count as conversions.')),
  lead_events: Type.Optional(EventNames('Events that count as leads.')),
  settings: Type.Optional(Settings),
};

export const NewAccount = Type.Object(
  {
    account_id: PathId('Your own id of the account.', 'acme'),
    name: Name(200),
    currency: Currency,
    ...changeable,
  },
  strict,
);
export type NewAccount = Static<typeof NewAccount>;

export const AccountChange = Type.Object(
  {
    name: Type.Optional(Name(200)),
    currency: Type.Optional(Currency),
    conversion_source: Type.Optional(OneOf(['platform', 'first_party'] as const)),
    ...changeable,
  },
  strict,
);
export type AccountChange = Static<typeof AccountChange>;

export const NewKey = Type.Object(
  {
    name: Type.Optional(Name(200)),
    role: Type.Optional(OneOf(['full', 'read', 'ingest'] as const, 'Default full.')),
  },
  strict,
);
export type NewKey = Static<typeof NewKey>;

export const ACCOUNT_EXAMPLE = {
  account_id: 'acme',
  name: 'Acme Shoes',
  niche: 'footwear',
  currency: 'EUR',
  timezone: 'Europe/Berlin',
};

export const ACCOUNT_ANSWER_EXAMPLE = withValues(
  { conversion_source: ['platform', 'first_party'] },
  {
    ...ACCOUNT_EXAMPLE,
    simulated: false,
    share_patterns: false,
    attribution_window_days: 7,
    conversion_events: ['Purchase'],
    lead_events: ['Lead', 'Contact', 'Schedule', 'SubmitApplication'],
    conversion_source: 'platform',
    settings: {
      min_probability_better: 0,
      kill_min_spend: 200,
      half_life_days: { ctr: 3, cvr: 28 },
      retention_days: RETENTION_DAYS,
    },
    credentials: { meta: false, x: false, bluesky: false },
    plan: null,
    created_at: '2026-11-22T08:00:00.000Z',
    updated_at: '2026-11-22T08:00:00.000Z',
  },
);
