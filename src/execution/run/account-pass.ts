// What is known of an account while a handful of its changes is carried out, and how one of them
// can leave the executor's hands.
import type { Account, Ad } from '../../accounts/index.js';
import type { PlatformError } from '../../shared/errors.js';
import type { AccountLimits } from '../../platforms/index.js';
import type { ChangeState } from '../objects/change-states.js';
import type { AdChange } from '../objects/change.entity.js';
import type { GuardLimits, Refusal } from '../guards/guard-rules.js';
import type { Observation } from '../objects/object-image.js';
import type { Asleep, SleepKey } from '../objects/sleep.queries.js';
import type { Sighting } from '../guards/velocity.js';

export interface AccountPass {
  account: Account;
  ads: ReadonlyMap<string, Ad>;
  sightings: ReadonlyMap<string, readonly Sighting[]>;
  /** The account's own present. */
  now: Date;
  /** The account's day that contains `now`. */
  day: { start: Date; millisToEnd: number };
  /** By the environment and the account's plan. */
  guardLimits: GuardLimits;
  /** The ad account's own bounds; null = not known. */
  limits: AccountLimits | null;
  /**
   * Why these could not be asked: then nothing is written, because nobody knows whether it may be.
   */
  failure: PlatformError | null;
  /** Active objects with a budget, less those that this pass pauses; null = nobody asked. */
  active: Set<string> | null;
  /** Whose sleep holds this account back. */
  sleepKeys: readonly SleepKey[];
  /** Set when the platform told more than one object to wait. */
  asleep: Asleep | null;
}

/** `handed_back`: untouched and free again; `lost`: another holds it, whatever we did is void. */
export type Ending = ChangeState | 'handed_back' | 'lost';

/** A change that every guard lets pass. */
export interface Candidate {
  change: AdChange;
  before: Observation;
  warnings: readonly Refusal[];
}
