// What an object looked like at one moment: the before- and after-images of a change. Kept as read,
// in minor units, so that undo and drift compare integers.
import type { AdObjectState, AdStatus, ChangeType, DeliveryFacts } from '../../platforms/index.js';

export interface ObjectImage {
  status: AdStatus;
  dailyBudgetMinor: number | null;
  lifetimeBudgetMinor: number | null;
  bidMinor: number | null;
  /** `registered`: the platform could not be asked, so this is what we last knew. */
  source: 'platform' | 'registered';
  /** The budget that was registered when the object was looked at: the last that we knew before. */
  registeredMinor?: number | null;
}

/** An image and the instant, on the account's clock, at which its value was first seen. */
export interface Observation {
  image: ObjectImage;
  at: Date;
  /** What only the guards ask; null where the platform could not be asked. */
  delivery: DeliveryFacts | null;
}

/** An amount in minor units, a status, or null where the object has none. */
export type ChangeValue = number | AdStatus | null;

export interface RequestedValue {
  changeType: ChangeType;
  requestedMinor: number | null;
  requestedStatus: AdStatus | null;
}

export function imageOf(state: AdObjectState): ObjectImage {
  const { status, dailyBudgetMinor, lifetimeBudgetMinor, bidMinor } = state;
  return { status, dailyBudgetMinor, lifetimeBudgetMinor, bidMinor, source: 'platform' };
}

/** What we last knew of an object that cannot be read. */
export function registeredImage(ad: {
  status: AdStatus;
  dailyBudgetMinor: number | null;
}): ObjectImage {
  const { status, dailyBudgetMinor } = ad;
  return {
    ...{ status, dailyBudgetMinor, lifetimeBudgetMinor: null, bidMinor: null },
    source: 'registered',
  };
}

/** The one value of an image that a change of this type is about. */
export function valueOf(image: Omit<ObjectImage, 'source'>, changeType: ChangeType): ChangeValue {
  if (changeType === 'status') return image.status;
  return changeType === 'budget' ? image.dailyBudgetMinor : image.bidMinor;
}

export function requestedValue(change: RequestedValue): number | AdStatus {
  const value = change.changeType === 'status' ? change.requestedStatus : change.requestedMinor;
  if (value === null) throw new Error('a change without its value: the table forbids it');
  return value;
}

/** The value that the caller believed to be live, or null when it named none. */
export function expectedValue(change: {
  changeType: ChangeType;
  currentMinor: number | null;
  currentStatus: AdStatus | null;
}): ChangeValue {
  return change.changeType === 'status' ? change.currentStatus : change.currentMinor;
}
