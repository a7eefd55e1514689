// The shape of contract section 4.
import { Id, Instant, Nullable, OneOf, Text, Type, type Static } from '../../shared/index.js';

/** An event tells of one thing or of a short batch; more in one count is a mistake in units. */
const EVENT_COUNT_MAX = 1_000_000;
/** Major units of one event: sums of such values stay exact integers for a lifetime. */
const EVENT_VALUE_MAX = 1_000_000_000;

export const NewEvent = Type.Object({
  event_id: Id('Unique per account; the same id again is the same event.', 'click-8812'),
  ad_id: Id('Any known Graph id.', '23842000000000001'),
  type: OneOf(['impression', 'click', 'conversion'] as const),
  count: Type.Optional(
    Type.Integer({ minimum: 1, maximum: EVENT_COUNT_MAX, description: 'How many; default 1.' }),
  ),
  value: Type.Optional(
    Nullable(
      Type.Number({
        minimum: 0,
        maximum: EVENT_VALUE_MAX,
        description: 'Value of the whole event in major units; null = not known.',
      }),
    ),
  ),
  currency: Type.Optional(
    Nullable(Text(10, "Only to be safe: anything but the account's currency is rejected.")),
  ),
  stage: Type.Optional(Nullable(Text(100, 'CRM stage, kept with the event.'))),
  occurred_at: Instant('When it happened.'),
  click_id: Type.Optional(Nullable(Id('The click itself, or the one a conversion came from.'))),
  clicked_at: Type.Optional(Nullable(Instant('When the click of a conversion happened.'))),
  features: Type.Optional(
    Nullable(
      Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Null()]), {
        description: 'What is known of the click: device, hour, audience, ...',
        maxProperties: 1000,
      }),
    ),
  ),
});
export type NewEvent = Static<typeof NewEvent>;

export const EVENTS_EXAMPLE = {
  events: [
    {
      ...{ event_id: 'click-8812', ad_id: '23842000000000001', type: 'click', click_id: 'c-8812' },
      occurred_at: '2026-11-22T07:10:00Z',
      features: { device: 'mobile', hour: 7 },
    },
    {
      ...{ event_id: 'order-311', ad_id: '23842000000000001', type: 'conversion' },
      ...{ click_id: 'c-8812', value: 49.9, occurred_at: '2026-11-22T08:00:00Z' },
    },
  ],
};
