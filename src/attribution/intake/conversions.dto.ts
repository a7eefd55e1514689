// Meta's server event with our few additions (contract section 7). Only types are judged here; what
// Meta's documents say about the values is in event-rules.ts.
import { Id, Nullable, Text, Type, withValues, type Static } from '../../shared/index.js';

const Url = Type.String({ maxLength: 8000 });
const Loose = (description: string) =>
  Type.Record(Type.String(), Type.Unknown(), { maxProperties: 300, description });

export const NewConversion = Type.Object({
  event_name: Type.String({ minLength: 1, maxLength: 100, description: 'Case-sensitive.' }),
  event_time: Type.Union([Type.Number(), Type.String({ maxLength: 40 })], {
    description: 'Unix seconds (or an ISO 8601 time with zone); at most 7 days old.',
  }),
  action_source: Text(40, 'Where it happened: website, physical_store, phone_call, ...'),
  user_data: Loose('Raw or hashed; normalised and hashed before anything is stored.'),
  event_id: Type.Optional(
    Type.Union([Type.String({ maxLength: 128 }), Type.Number()], {
      description: 'Made from the content when absent.',
    }),
  ),
  custom_data: Type.Optional(Loose('value, currency, order_id, ... and free keys.')),
  event_source_url: Type.Optional(Url),
  referrer_url: Type.Optional(Url),
  opt_out: Type.Optional(Type.Boolean()),
  data_processing_options: Type.Optional(
    Type.Array(Type.String({ maxLength: 20 }), { maxItems: 10 }),
  ),
  data_processing_options_country: Type.Optional(Type.Integer()),
  data_processing_options_state: Type.Optional(Type.Integer()),
  ad_id: Type.Optional(Id('The ad it is credited to, when you know it.')),
  click_id: Type.Optional(Id('A click reported to /v1/clicks.')),
  stage: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'CRM stage.' })),
  default_country: Type.Optional(Text(60, 'Completes national phone numbers, e.g. US.')),
  consent: Type.Optional(Type.Boolean({ description: 'false: never sent, stored without keys.' })),
});
export type NewConversion = Static<typeof NewConversion>;

export const CONVERSIONS_OTHERS = {
  test_event_code: Type.Optional(Nullable(Text(64, 'Such events count at Meta all the same.'))),
};

export const CONVERSIONS_EXAMPLE = {
  data: [
    {
      event_name: 'Purchase',
      event_time: '2026-11-22T08:00:00Z',
      event_id: 'order-1001',
      action_source: 'website',
      event_source_url: 'https://shop.example/thanks?utm_content=23842000000000001',
      user_data: { em: 'jane@example.com', client_user_agent: 'Mozilla/5.0' },
      custom_data: { value: 79.9, currency: 'EUR', order_id: '1001' },
    },
  ],
};

export const ConversionQuery = Type.Object({
  account_id: Type.Optional(Type.String({ maxLength: 128 })),
  event_name: Type.Optional(Text(100, 'Else the newest event of this id.')),
});
export type ConversionQuery = Static<typeof ConversionQuery>;

const CONVERSION_VALUES = {
  kind: ['conversion', 'lead', 'other'],
  status: ['queued', 'delivered', 'retrying', 'dead', 'expired', 'suppressed'],
};

export const CONVERSION_ANSWER_EXAMPLE = withValues(CONVERSION_VALUES, {
  event_id: 'order-1001',
  event_name: 'Purchase',
  event_time: '2026-11-22T08:00:00.000Z',
  pixel_id: '1234567890',
  kind: 'conversion',
  status: 'delivered',
  attempts: 1,
  last_error: null,
  waits_for: null,
  delivered_at: '2026-11-22T08:00:02.000Z',
  fbtrace_id: 'AbCdEf',
  match_keys: ['em', 'client_user_agent'],
  fields: [
    { field: 'em', verdict: 'used' },
    { field: 'client_user_agent', verdict: 'used' },
  ],
  warnings: [],
  attributed: { ad_id: '23842000000000001', method: 'utm', confidence: 0.5 },
});
