// What a replay of dead conversions is asked for (contract section 7).
import { Instant, OneOf, Text, Type, type Static } from '../../shared/index.js';

export const ReplayRequest = Type.Object({
  account_id: Type.Optional(Text(128, 'Admin callers name the account.')),
  status: OneOf(['dead'] as const),
  from: Type.Optional(Instant('Received at or after.')),
  to: Type.Optional(Instant('Received before.')),
  reason: Type.Optional(Text(200, 'Only those whose error holds this text.')),
  override_dedup_window: Type.Optional(
    Type.Boolean({ description: 'Replay past 48 h, where Meta may count twice.' }),
  ),
});
export type ReplayRequest = Static<typeof ReplayRequest>;
