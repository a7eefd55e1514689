// What the summary is asked for (contract section 7).
import { Instant, Type, type Static } from '../../shared/index.js';

export const SummaryQuery = Type.Object({
  account_id: Type.Optional(Type.String({ maxLength: 128 })),
  from: Type.Optional(Instant('Default: 30 days before `to`.')),
  to: Type.Optional(Instant('Default: now.')),
});
export type SummaryQuery = Static<typeof SummaryQuery>;

export const AccountQuery = Type.Object({
  account_id: Type.Optional(Type.String({ maxLength: 128 })),
});
export type AccountQuery = Static<typeof AccountQuery>;
