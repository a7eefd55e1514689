// What the columns of ad exports are called. Kept as data: a new alias is one word here. Names are
// compared in lower case, with underscores and runs of spaces as one space, so the API's spelling
// ("ad_id") and Ads Manager's ("Ad ID") are the same name.

// A currency in parentheses is cut off before the comparison: "Amount spent (USD)".
const ADS_MANAGER = {
  adId: ['ad id'],
  adName: ['ad name', 'ads'],
  adsetId: ['ad set id', 'adset id'],
  adsetName: ['ad set name', 'adset name', 'ad sets'],
  campaignId: ['campaign id'],
  campaignName: ['campaign name', 'campaign'],
  impressions: ['impressions'],
  linkClicks: ['link clicks', 'inline link clicks'],
  clicksAll: ['clicks (all)', 'clicks'],
  spend: ['amount spent', 'spend', 'spent'],
  purchases: ['purchases'],
  websitePurchases: ['website purchases'],
  purchaseValue: ['purchases conversion value', 'purchase conversion value'],
  websitePurchaseValue: ['website purchases conversion value', 'website purchase conversion value'],
  leads: ['leads'],
  results: ['results'],
  resultIndicator: ['result indicator', 'result type'],
  day: ['day', 'date'],
  reportingStarts: ['reporting starts', 'date start'],
  reportingEnds: ['reporting ends', 'date stop'],
  adDelivery: ['ad delivery', 'ad status'],
  adsetDelivery: ['ad set delivery', 'ad set status'],
  campaignDelivery: ['campaign delivery', 'campaign status'],
  delivery: ['delivery', 'delivery status'],
  adsetBudget: ['ad set budget'],
  adsetBudgetType: ['ad set budget type'],
  campaignBudget: ['campaign budget'],
  campaignBudgetType: ['campaign budget type'],
  attributionSetting: ['attribution setting'],
  starts: ['starts', 'start time'],
  ends: ['ends', 'stop time'],
  currency: ['currency', 'account currency'],
} satisfies Record<string, readonly string[]>;

/** What a column can mean to the reader; everything else in a file is left alone. */
export type AdsField = keyof typeof ADS_MANAGER;

/**
 * The public KAG set. Its `fb_campaign_id` is an internal of its source and names nothing we keep.
 */
const KAG: Partial<Record<AdsField, readonly string[]>> = {
  adId: ['ad id'],
  campaignId: ['xyz campaign id'],
  impressions: ['impressions'],
  clicksAll: ['clicks'],
  spend: ['spent'],
  leads: ['total conversion'],
  purchases: ['approved conversion'],
};

/** Columns kept as features of the creative: their name → ours. */
const CREATIVE: Record<'ads_manager' | 'kag', Readonly<Record<string, string>>> = {
  kag: { age: 'age', gender: 'gender', interest: 'interest' },
  ads_manager: {
    headline: 'headline',
    'headline (ad settings)': 'headline',
    body: 'text',
    'body (ad settings)': 'text',
    text: 'text',
    'call to action': 'cta_type',
    'call to action type': 'cta_type',
    format: 'format',
  },
};

/**
 * Breakdowns cut one object's figures over several rows. Read as they stand, the last slice would
 * replace the others, so such a file is refused (by day is the one breakdown with a meaning here).
 */
export const BREAKDOWNS: ReadonlySet<string> = new Set([
  'age',
  'gender',
  'country',
  'region',
  'dma region',
  'platform',
  'placement',
  'platform position',
  'device platform',
  'impression device',
  'conversion device',
  "time of day (viewer's time zone)",
  'time of day (ad account time zone)',
  'week',
  '2 weeks',
  'month',
]);

export function isKag(names: readonly string[]): boolean {
  return names.includes('xyz campaign id');
}

export function aliasesOf(layout: 'ads_manager' | 'kag'): [AdsField, readonly string[]][] {
  return Object.entries(layout === 'kag' ? KAG : ADS_MANAGER) as [AdsField, readonly string[]][];
}

export function creativeNames(layout: 'ads_manager' | 'kag'): Readonly<Record<string, string>> {
  return CREATIVE[layout];
}
