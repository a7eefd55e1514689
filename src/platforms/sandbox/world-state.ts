// The shape of a simulated advertising account. It is one plain JSON object: stored in a jsonb
// column it can be read, advanced and written back in one transaction. `hidden` is what no platform
// tells.
import type { AdStatus } from '../ads/ad-account.js';
import type { DelaySpec, WorldName } from './world-spec.js';

export interface SandboxWorld {
  formatVersion: 1;
  /** Always true: whatever shows this account must say that it is simulated. */
  simulated: true;
  seed: number;
  world: WorldName;
  currency: string;
  /** Both Unix milliseconds on the step grid. Everything before `clockAt` has happened. */
  startAt: number;
  clockAt: number;
  horizonDays: number;
  hidden: { delay: DelaySpec };
  ads: SandboxAd[];
}

export interface SandboxAd {
  adId: string;
  campaignId: string;
  campaignName: string;
  name: string;
  /** Empty for a given ad that brought no attributes. */
  creative: Partial<SandboxCreative>;
  /** Start of the first step in which it may deliver; until the clock is there nobody sees it. */
  launchAt: number;
  launched: boolean;
  status: AdStatus;
  dailyBudgetMinor: number;
  /** Kept and read back like a platform would; delivery ignores it (no auction is modelled). */
  bidMinor: number | null;
  totals: AdTotals;
  /** Conversions still under way, ascending by the step at whose end they are reported. */
  pending: PendingConversions[];
  hidden: AdTruth;
}

/** What the platform has reported so far. Counts, money in minor units. */
export interface AdTotals {
  impressions: number;
  clicks: number;
  spendMinor: number;
  conversions: number;
  revenueMinor: number;
}

interface PendingConversions {
  step: number;
  conversions: number;
  revenueMinor: number;
}

export interface AdTruth {
  /** Clicks per impression of the fresh ad, before fatigue. */
  ctr: number;
  /** Conversions per click at the start, before the walk and the break. */
  cvr: number;
  /** Random walk of the log conversion rate so far. */
  cvrWalk: number;
  /** When it loses half its conversion rate. null = never. */
  breakAt: number | null;
  /** Mean value of a conversion, minor units. */
  valueMinor: number;
  /** c: minor units per impression of the first unit of money. */
  costMinor: number;
  /** s: minor units per day at which an impression costs twice as much. */
  saturationMinor: number;
  /** f: loss of log CTR per impression shown. */
  fatigue: number;
  /** Expected value of everything bought so far, minor units: earned value without the luck. */
  expectedValueMinor: number;
}

/** Descriptive attributes; keys as the API's `creative` object has them. */
export interface SandboxCreative {
  hook_type: string;
  cta_type: string;
  format: string;
  duration_s?: number;
  audience: string;
  text: string;
}

/** An ad that exists already (a real export) and only needs a simulated future. */
export interface GivenAd {
  adId: string;
  campaignId: string;
  campaignName?: string;
  name?: string;
  creative?: Partial<SandboxCreative>;
  status?: AdStatus;
  dailyBudgetMinor: number;
  bidMinor?: number | null;
  /** Truths to use instead of drawn ones, e.g. rates measured in the export. */
  truth?: Partial<Pick<AdTruth, 'ctr' | 'cvr' | 'valueMinor' | 'costMinor'>>;
}
