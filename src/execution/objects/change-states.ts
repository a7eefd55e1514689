// The words for where a change is, whose idea it was, and what came of a write. Which state may
// follow which stands in the statements that move changes; the model beside the tests checks them.

export const CHANGE_STATES = [
  ...(['awaiting_approval', 'pending', 'claimed', 'executing', 'completed', 'blocked'] as const),
  ...(['unknown', 'failed', 'dead', 'cancelled', 'superseded', 'shadowed'] as const),
] as const;

export type ChangeState = (typeof CHANGE_STATES)[number];

/** Who had the idea: a caller, a stored decision, or the taking back of an earlier change. */
export type ChangeOrigin = 'manual' | 'decision' | 'undo';

/** What came of one write. `sent` is the durable intent: nobody has heard of it since. */
export type AttemptOutcome =
  'sent' | 'completed' | 'no_effect' | 'unknown' | 'not_applied' | 'drift' | 'refused';

/** Outcomes after which the object may have changed: these count as actions. */
export const MAY_HAVE_ACTED: readonly AttemptOutcome[] = [
  'sent',
  'completed',
  'no_effect',
  'unknown',
  'drift',
];
