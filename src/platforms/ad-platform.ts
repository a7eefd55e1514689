// The one interface through which the server sees and changes an advertising account. Meta and the
// sandbox stand behind it alike; callers never ask which one they hold.

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

export abstract class AdPlatform {
  /** Throws PlatformError `invalid` when the object does not exist. */
  abstract readObject(account: PlatformAccount, adId: string): Promise<AdObjectState>;
  /** Resolves when the platform accepted the write; the caller reads back to believe it. */
  abstract write(account: PlatformAccount, write: AdWrite): Promise<WriteReceipt>;
  /** Lifetime totals of every object that owns a budget, at the platform's own now. */
  abstract readMetrics(account: PlatformAccount, adIds: string[]): Promise<MetricReading[]>;
}
