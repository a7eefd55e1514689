// What is known of an account while a handful of its changes is carried out, and how one of them
// can leave the executor's hands.
import type { Account, Ad } from '../accounts/index.js';
import type { ChangeState } from './change-states.js';
import type { ObjectImage } from './object-image.js';
import type { Sighting } from './velocity.js';

export interface AccountPass {
  account: Account;
  ads: ReadonlyMap<string, Ad>;
  sightings: ReadonlyMap<string, readonly Sighting[]>;
  /** The account's own present. */
  now: Date;
  /** Set when the platform told the whole account to wait. */
  asleep: { waitMillis: number; blockedBy: string } | null;
}

/** `handed_back`: untouched and free again; `lost`: another holds it, whatever we did is void. */
export type Ending = ChangeState | 'handed_back' | 'lost';

/** An image and the instant, on the account's clock, at which its value was first seen. */
export interface Look {
  image: ObjectImage;
  at: Date;
}
