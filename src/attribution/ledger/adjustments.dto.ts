// Later reports on conversions, and what the stages of a CRM are worth (contract section 7).
import { Id, Instant, Money, OneOf, Text, Type, type Static } from '../../shared/index.js';

export const NewAdjustment = Type.Object({
  adjustment_id: Id('Your own id of the change.', 'refund-7'),
  event_id: Type.Optional(Id('The conversion, by its event id')),
  order_id: Type.Optional(Id('or its order')),
  lead_id: Type.Optional(Id('or its lead.')),
  kind: OneOf(['refund', 'cancel', 'value', 'stage'] as const),
  value_delta: Type.Optional(
    Type.Number({
      minimum: -1e12,
      maximum: 1e12,
      description: 'Major units, signed; a refund without it takes everything back.',
    }),
  ),
  stage: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  occurred_at: Instant('When it happened; at most 400 days after the conversion.'),
});
export type NewAdjustment = Static<typeof NewAdjustment>;

export const ADJUSTMENTS_EXAMPLE = {
  adjustments: [
    {
      adjustment_id: 'refund-7',
      order_id: '1001',
      kind: 'refund',
      value_delta: -20,
      occurred_at: '2026-11-22T09:00:00Z',
    },
  ],
};

export const StagesBody = Type.Object({
  account_id: Type.Optional(Text(128, 'Admin callers name the account.')),
  stages: Type.Array(
    Type.Object({
      stage: Type.String({ minLength: 1, maxLength: 100 }),
      value: Money('What a sale out of this stage brings, major units.'),
      probability: Type.Number({ minimum: 0, maximum: 1, description: 'That it comes to one.' }),
    }),
    { maxItems: 100 },
  ),
});
export type StagesBody = Static<typeof StagesBody>;

export const STAGES_EXAMPLE = {
  stages: [
    { stage: 'lead', value: 2000, probability: 0.05 },
    { stage: 'appointment', value: 2000, probability: 0.2 },
  ],
};
