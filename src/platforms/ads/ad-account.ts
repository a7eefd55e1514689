// What an advertising account and its objects are to the program, whatever platform they live on.
import type { PlatformCredentials } from '../http/credentials.js';

export type AdStatus = 'active' | 'paused' | 'archived';
export type EntityType = 'campaign' | 'adset' | 'ad';
export type ChangeType = 'budget' | 'status' | 'bid';

/** The account as a platform needs to know it. Secrets stay in `credentials`, never in a log. */
export interface PlatformAccount {
  accountId: string;
  currency: string;
  timezone: string;
  credentials: PlatformCredentials | null;
}

/** An object by what is registered of it. */
export interface AdObject {
  adId: string;
  entityType: EntityType;
}

/** What the platform says of one object now. Amounts in minor units; null = the object has none. */
export interface AdObjectState {
  adId: string;
  status: AdStatus;
  dailyBudgetMinor: number | null;
  lifetimeBudgetMinor: number | null;
  bidMinor: number | null;
}

/** What only the guards ask, right before a write. null = the platform does not say. */
export interface DeliveryFacts {
  /** The platform's own word, for people. */
  effectiveStatus: string | null;
  /** It delivers, or will as soon as the platform has looked at it. */
  isDelivering: boolean | null;
  isLearning: boolean | null;
  hasBudgetSchedule: boolean | null;
}

export type GuardedState = AdObjectState & { delivery: DeliveryFacts };

/**
 * Bounds of the whole ad account. Amounts in minor units; null = none, or the platform is silent.
 */
export interface AccountLimits {
  minDailyBudgetMinor: number | null;
  spendCapMinor: number | null;
  amountSpentMinor: number | null;
  isDisabled: boolean;
}

/** Lifetime totals of one object at one instant. null = the platform does not say. */
export interface MetricReading {
  adId: string;
  observedAt: Date;
  impressions: number;
  clicks: number;
  spendMinor: number;
  conversions: number | null;
  revenueMinor: number | null;
}
