// What is known of an account while a handful of its changes is carried out, and how one of them
// can leave the executor's hands.
import type { Account, Ad } from '../../accounts/index.js';
import type { PlatformError } from '../../shared/errors.js';
import type { AccountLimits } from '../../platforms/index.js';
import type { GuardLimits, Refusal } from '../guards/guard-rules.js';
import type { Sighting } from '../guards/velocity.js';
import type { ChangeState } from '../objects/change-states.js';
import type { AdChange } from '../objects/change.entity.js';
import type { Cooldown, CooldownKey } from '../objects/cooldown.queries.js';
import type { Observation } from '../objects/object-image.js';

export interface AccountContext {
  account: Account;
  /** false in shadow mode: everything but the write. */
  writes: boolean;
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
  /** Active objects with a budget, less those that a pass over it pauses; null = nobody asked. */
  active: ReadonlySet<string> | null;
  /** Objects to be raised that have had the time to spend, of all changes of the claim. */
  toRaise: readonly Ad[];
  /** Whose cooling down holds this account back. */
  cooldownKeys: readonly CooldownKey[];
  /** Set when the platform told more than one object to wait. */
  cooldown: Cooldown | null;
}

/** `handed_back`: untouched and free again; `lost`: another holds it, whatever we did is void. */
export type Outcome = ChangeState | 'handed_back' | 'lost';

/** A change whose object was seen; `recentSpendMinor` null = not known. */
export interface Observed {
  change: AdChange;
  before: Observation;
  recentSpendMinor: number | null;
}

/** A change that every guard lets pass. */
export interface Candidate {
  change: AdChange;
  before: Observation;
  warnings: readonly Refusal[];
}

/** A change that could not be asked about, before anything of it was sent. */
export interface Failed {
  change: AdChange;
  failure: PlatformError;
  before?: Observation;
  warnings?: readonly Refusal[];
}
