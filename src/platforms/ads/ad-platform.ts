// The one interface through which the server sees and changes an advertising account. Meta and the
// sandbox stand behind it alike; callers never ask which one they hold.

import type { PlatformError } from '../../shared/errors.js';

export type AdStatus = 'active' | 'paused' | 'archived';
export type EntityType = 'campaign' | 'adset' | 'ad';
export type ChangeType = 'budget' | 'status' | 'bid';

/** The account as a platform needs to know it. Secrets stay in `credentials`, never in a log. */
export interface PlatformAccount {
  accountId: string;
  currency: string;
  timezone: string;
  credentials: MetaCredentials | null;
}

export interface MetaCredentials {
  accessToken: string;
  appSecret: string | null;
  pixelId: string | null;
  adAccountId: string | null;
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
  /** The platform's own word, such as CAMPAIGN_PAUSED. */
  effectiveStatus: string | null;
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

/** One absolute write: never "+10 %", so that a repetition is harmless. */
export type AdWrite =
  | { adId: string; changeType: 'budget'; valueMinor: number }
  | { adId: string; changeType: 'bid'; valueMinor: number }
  | { adId: string; changeType: 'status'; value: AdStatus };

export interface WriteReceipt {
  fbtraceId: string | null;
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

export interface WriteOptions {
  /** The platform checks the write as if it were in earnest and changes nothing. */
  validateOnly: boolean;
}

export abstract class AdPlatform {
  /** Whether it can check a write without carrying it out. */
  abstract readonly canValidate: boolean;
  /** Throws PlatformError `invalid` when the object does not exist. */
  abstract readObject(account: PlatformAccount, adId: string): Promise<AdObjectState>;
  /**
   * Many at once, in their order, each with its own failure. Never rejects with a PlatformError.
   */
  abstract readObjects(
    account: PlatformAccount,
    adIds: readonly string[],
  ): Promise<(GuardedState | PlatformError)[]>;
  abstract readLimits(account: PlatformAccount): Promise<AccountLimits>;
  /** Spend of the last three whole days per object; an object that did not deliver is absent. */
  abstract readRecentSpend(
    account: PlatformAccount,
    adIds: readonly string[],
  ): Promise<Map<string, number>>;
  /** Resolves when the platform accepted the write; the caller reads back to believe it. */
  abstract write(
    account: PlatformAccount,
    write: AdWrite,
    options?: WriteOptions,
  ): Promise<WriteReceipt>;
  /**
   * Up to 50 writes in one call, in no order, so no two of them may touch the same object. Each has
   * its own outcome, in the order of `writes`. Never rejects with a PlatformError.
   */
  abstract writeBatch(
    account: PlatformAccount,
    writes: readonly AdWrite[],
    options?: WriteOptions,
  ): Promise<(WriteReceipt | PlatformError)[]>;
  /** Lifetime totals of every object that owns a budget, at the platform's own now. */
  abstract readMetrics(account: PlatformAccount, adIds: string[]): Promise<MetricReading[]>;
}
