// The shapes of contract section 3 (ads half): lifetime snapshots and account days.
import {
  CalendarDate,
  Count,
  Id,
  Instant,
  Money,
  Nullable,
  Type,
  type Static,
} from '../../shared/index.js';

export const NewSnapshot = Type.Object({
  ad_id: Id('Any known Graph id.', '23842000000000001'),
  observed_at: Instant('When these lifetime totals were true.'),
  impressions: Count('Lifetime impressions.'),
  clicks: Count('Lifetime clicks.'),
  spend: Money('Lifetime spend, major units.'),
  conversions: Type.Optional(Nullable(Count('Lifetime conversions; null = not known.'))),
  leads: Type.Optional(Nullable(Count('Lifetime leads; null = not known.'))),
  revenue: Type.Optional(Nullable(Money('Lifetime revenue, major units.'))),
  pipeline_value: Type.Optional(Nullable(Money('Lifetime pipeline value, major units.'))),
});
export type NewSnapshot = Static<typeof NewSnapshot>;

export const NewDay = Type.Object({
  ad_id: Id('Any known Graph id.', '23842000000000001'),
  date: CalendarDate("A day of the account's timezone."),
  attribution_setting: Type.Optional(
    Nullable(Type.String({ maxLength: 100, description: 'e.g. 7d_click_1d_view' })),
  ),
  impressions: Count('Impressions of the day.'),
  clicks: Count('Clicks of the day.'),
  spend: Money('Spend of the day, major units.'),
  conversions: Type.Optional(Nullable(Count('Conversions of the day; null = not known.'))),
  view_conversions: Type.Optional(
    Nullable(Count('View-through conversions; kept apart, they move no belief.')),
  ),
  leads: Type.Optional(Nullable(Count('Leads of the day.'))),
  revenue: Type.Optional(Nullable(Money('Revenue of the day, major units.'))),
});
export type NewDay = Static<typeof NewDay>;

export const METRICS_EXAMPLE = {
  snapshots: [
    {
      ad_id: '23842000000000001',
      observed_at: '2026-11-22T08:00:00Z',
      impressions: 120_000,
      clicks: 1800,
      spend: 640.5,
      conversions: 41,
      revenue: 3280,
    },
  ],
};
