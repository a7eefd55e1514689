// The shapes of contract section 2 (accounts, keys, credentials).
import { Id, Nullable, OneOf, Type, type Static } from '../../shared/index.js';

const Settings = Type.Object({
  min_probability_better: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  kill_min_spend: Type.Optional(Type.Number({ minimum: 0, maximum: 1e9 })),
  half_life_days: Type.Optional(
    Type.Object({
      ctr: Type.Optional(Type.Number({ minimum: 0.1, maximum: 3650 })),
      cvr: Type.Optional(Type.Number({ minimum: 0.1, maximum: 3650 })),
    }),
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
  },
  credentials: { meta: false, x: false, bluesky: false },
  plan: null,
  created_at: '2026-11-22T08:00:00.000Z',
  updated_at: '2026-11-22T08:00:00.000Z',
};
