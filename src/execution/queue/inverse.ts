// The change that takes another one back: from its after-image to its before-image.
import type { AdStatus, ChangeType } from '../../platforms/index.js';
import { valueOf, type ObjectImage } from '../objects/object-image.js';
import type { ChangeValues } from './change-input.js';

export interface Done {
  id: string;
  adId: string;
  changeType: ChangeType;
  beforeImage: ObjectImage;
  afterImage: ObjectImage;
}

/** null when the object had no such value before: there is nothing to go back to. */
export function inverseOf(change: Done): Omit<ChangeValues, 'idempotencyKey'> | null {
  const { id, adId, changeType } = change;
  const before = valueOf(change.beforeImage, changeType);
  const after = valueOf(change.afterImage, changeType);
  if (before === null) return null;
  const minor = (value: typeof before | null) => (typeof value === 'number' ? value : null);
  const status = (value: typeof before | null): AdStatus | null =>
    typeof value === 'string' ? value : null;
  return {
    adId,
    changeType,
    requestedMinor: minor(before),
    requestedStatus: status(before),
    currentMinor: minor(after),
    currentStatus: status(after),
    reason: `takes back ${id}; what was spent meanwhile stays spent`,
    confidence: null,
    notBefore: null,
  };
}
