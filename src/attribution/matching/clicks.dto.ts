// Clicks as they are reported (contract section 7).
import { Id, Instant, Nullable, Text, Type, type Static } from '../../shared/index.js';

export const NewClick = Type.Object({
  click_id: Id('Your own id of the click.', 'click-1'),
  ad_id: Id('Any known Graph id.', '23842000000000001'),
  fbclid: Type.Optional(
    Nullable(Type.String({ pattern: '^[A-Za-z0-9_-]{1,500}$', description: "Meta's click id." })),
  ),
  landed_at: Instant('When the person arrived.'),
  landing_url: Type.Optional(
    Nullable(
      Text(8000, 'Its fbclid counts when none is given; only host, UTM and fbclid are kept.'),
    ),
  ),
});
export type NewClick = Static<typeof NewClick>;

export const CLICKS_EXAMPLE = {
  clicks: [
    {
      click_id: 'click-1',
      ad_id: '23842000000000001',
      fbclid: 'IwAR2abc',
      landed_at: '2026-11-22T07:50:00Z',
    },
  ],
};
