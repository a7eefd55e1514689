// The shapes of contract section 2 (accounts, keys, credentials).
import { Id, Nullable, OneOf, Type, type Static } from '../../shared/index.js';

const RetainedDays = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 3650, description }));

const Settings = Type.Object({
  min_probability_better: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  kill_min_spend: Type.Optional(Type.Number({ minimum: 0, maximum: 1e9 })),
  half_life_days: Type.Optional(
    Type.Object({
      ctr: Type.Optional(Type.Number({ minimum: 0.1, maximum: 3650 })),
      cvr: Type.Optional(Type.Number({ minimum: 0.1, maximum: 3650 })),
    }),
  ),
  retention_days: Type.Optional(
    Type.Object(
      {
        events: RetainedDays('Single events; the digests of their ids stay for ever.'),
        conversions: RetainedDays('Conversions and what was sent of them.'),
        clicks: RetainedDays('Clicks told for matching.'),
        snapshots: RetainedDays("Ads' later snapshots; what beliefs build on stays, days too."),
        decisions: RetainedDays('Decisions on budgets.'),
        runs: RetainedDays('Runs of jobs; the longest of all accounts counts.'),
      },
      { description: 'Days after which the nightly job `retention` may remove rows.' },
    ),
  ),
});

const EventNames = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50, description });

const Currency = Type.String({ format: 'currency', description: "In Meta's currency table." });

const changeable = {
  niche: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 100 }))),
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

export const NewAccount = Type.Object({
  account_id: Id('Your own id of the account.', 'acme'),
  name: Type.String({ minLength: 1, maxLength: 200 }),
  currency: Currency,
  ...changeable,
});
export type NewAccount = Static<typeof NewAccount>;

export const AccountChange = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  currency: Type.Optional(Currency),
  conversion_source: Type.Optional(OneOf(['platform', 'first_party'] as const)),
  ...changeable,
});
export type AccountChange = Static<typeof AccountChange>;

export const NewKey = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  role: Type.Optional(OneOf(['full', 'read', 'ingest'] as const, 'Default full.')),
});
export type NewKey = Static<typeof NewKey>;

const Secret = Type.String({ minLength: 1, maxLength: 2000 });

export const NewCredentials = Type.Object({
  meta: Type.Optional(
    Type.Object({
      access_token: Secret,
      app_secret: Type.Optional(Secret),
      pixel_id: Type.Optional(Type.String({ pattern: '^[0-9]{1,32}$' })),
      ad_account_id: Type.Optional(
        Type.String({ pattern: '^(act_)?[0-9]{1,32}$', description: 'With or without act_.' }),
      ),
    }),
  ),
  x: Type.Optional(
    Type.Object({ bearer_token: Secret, user_id: Type.String({ pattern: '^[0-9]{1,19}$' }) }),
  ),
});
export type NewCredentials = Static<typeof NewCredentials>;

export const ACCOUNT_EXAMPLE = {
  account_id: 'acme',
  name: 'Acme Shoes',
  niche: 'footwear',
  currency: 'EUR',
  timezone: 'Europe/Berlin',
};

export const ACCOUNT_ANSWER_EXAMPLE = {
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
    retention_days: {
      ...{ events: 400, conversions: 400, clicks: 400, snapshots: 400, decisions: 400, runs: 90 },
    },
  },
  credentials: { meta: false, x: false },
  plan: null,
  created_at: '2026-11-22T08:00:00.000Z',
  updated_at: '2026-11-22T08:00:00.000Z',
};
