// What one record of an ad export comes to.
import type { ReadRecord } from '../csv/csv-reading.js';
import type { AdsLevel } from './ads-layouts.js';

export interface AdsRow {
  entityType: AdsLevel;
  /** The platform's id, or `name:` and 16 hex digits made from the names. */
  adId: string;
  name: string | null;
  adsetId: string | null;
  adsetName: string | null;
  campaignId: string | null;
  campaignName: string | null;
  status: 'active' | 'paused' | 'archived' | null;
  dailyBudgetMinor: number | null;
  /** As exported, in the account's time zone: YYYY-MM-DD, with THH:MM:SS where given. */
  startedAt: string | null;
  /** The day these figures belong to; null when they are totals. */
  date: string | null;
  /** First and last day of the figures; null when the file does not say. */
  periodStart: string | null;
  periodEnd: string | null;
  attributionSetting: string | null;
  impressions: number;
  clicks: number;
  spendMinor: number;
  conversions: number | null;
  leads: number | null;
  revenueMinor: number | null;
  creative: Record<string, string>;
}

export type AdsRecord = ReadRecord<AdsRow>;
