// The shape of contract section 2 (ads).
import {
  Id,
  PathId,
  Instant,
  Money,
  Nullable,
  OneOf,
  Text,
  Type,
  type Static,
} from '../../shared/index.js';

/** A typo in a budget or its bounds must not be dropped in silence; only `creative` is free. */
const strict = { additionalProperties: false };

export const NewAd = Type.Object(
  {
    ad_id: PathId('The Graph id of the object that carries the budget.', '23842000000000001'),
    entity_type: Type.Optional(OneOf(['campaign', 'adset', 'ad'] as const, 'Default adset.')),
    campaign_id: Id('The campaign it belongs to.', '23842000000000900'),
    parent_id: Type.Optional(Nullable(Id('The ad set or campaign above it.'))),
    name: Type.Optional(Nullable(Text(400))),
    status: OneOf(['active', 'paused', 'archived'] as const),
    daily_budget: Type.Optional(
      Nullable(Money('Major units per day; null where the object owns no budget.')),
    ),
    started_at: Type.Optional(Nullable(Instant('When delivery began; null = not known.'))),
    min_budget: Type.Optional(Nullable(Money('Floor of the daily budget, major units.'))),
    max_budget: Type.Optional(Nullable(Money('Ceiling of the daily budget, major units.'))),
    learning_phase: Type.Optional(
      Nullable(
        Type.Boolean({
          description:
            'The platform still learns to deliver it, so an edit would cost; null or left out = as last reported.',
        }),
      ),
    ),
    creative: Type.Optional(
      Type.Record(Type.String({ maxLength: 100 }), Type.Unknown(), {
        maxProperties: 50,
        description: 'hook_type, cta_type, format, duration_s, audience, text and your own.',
      }),
    ),
  },
  strict,
);
export type NewAd = Static<typeof NewAd>;

export const ADS_EXAMPLE = {
  ads: [
    {
      ad_id: '23842000000000001',
      campaign_id: '23842000000000900',
      name: 'Spring, video 15 s',
      status: 'active',
      daily_budget: 50,
      started_at: '2026-11-01T00:00:00Z',
      creative: { hook_type: 'question', format: 'video', duration_s: 15 },
    },
  ],
};
