// From the API's ad to the row: units, defaults and the rules that one ad must obey by itself.
import { isWholeMinor, toMinor } from '../../shared/money.js';
import { withoutUnprintable } from '../../shared/plain-text.js';
import { parseInstant } from '../../shared/time.js';
import type { NewAd } from './ads.dto.js';

/** Larger creatives are somebody's mistake (a whole page, an image as text). */
const CREATIVE_CHARACTERS_MAX = 20_000;

export interface AdValues {
  adId: string;
  entityType: 'campaign' | 'adset' | 'ad';
  campaignId: string;
  parentId: string | null;
  name: string | null;
  status: 'active' | 'paused' | 'archived';
  dailyBudgetMinor: number | null;
  minBudgetMinor: number | null;
  maxBudgetMinor: number | null;
  startedAt: Date | null;
  learningPhase: boolean | null;
  creative: Record<string, unknown>;
}

interface AdFault {
  code: string;
  detail: string;
  field: string;
}

/** The row's values, or the rules that the ad breaks under the code of the first. */
export function adValues(ad: NewAd, currency: string): AdValues | AdFault {
  const [first, ...more] = adFaults(ad, currency);
  if (first) return { ...first, detail: [first, ...more].map(inWords).join('; ') };
  const minor = (amount: number | null | undefined) =>
    amount === null || amount === undefined ? null : toMinor(amount, currency);
  return {
    adId: ad.ad_id,
    entityType: ad.entity_type ?? 'adset',
    campaignId: ad.campaign_id,
    parentId: ad.parent_id ?? null,
    name: nameOf(ad.name),
    status: ad.status,
    dailyBudgetMinor: minor(ad.daily_budget),
    minBudgetMinor: minor(ad.min_budget),
    maxBudgetMinor: minor(ad.max_budget),
    startedAt: ad.started_at ? parseInstant(ad.started_at) : null,
    learningPhase: ad.learning_phase ?? null,
    creative: ad.creative ?? {},
  };
}

const inWords = ({ field, detail }: AdFault) => `/${field} ${detail}`;

/** Names come out of the platform as people typed them there. */
function nameOf(name: string | null | undefined): string | null {
  return withoutUnprintable(name ?? '') || null;
}

export function isAdFault(value: AdValues | AdFault): value is AdFault {
  return 'code' in value;
}

/** Every rule that the ad breaks; what is of the wrong type breaks none. */
export function adFaults(ad: NewAd, currency: string): AdFault[] {
  const faults: AdFault[] = [];
  for (const field of ['daily_budget', 'min_budget', 'max_budget'] as const) {
    const amount = ad[field];
    if (typeof amount === 'number' && !isWholeMinor(amount, currency)) {
      const detail = `${amount} has more decimals than ${currency} has`;
      faults.push({ code: 'ads.fractional_minor', detail, field });
    }
  }
  if (typeof ad.min_budget === 'number' && typeof ad.max_budget === 'number') {
    if (ad.min_budget > ad.max_budget) {
      const detail = 'is above max_budget';
      faults.push({ code: 'ads.budget_bounds', detail, field: 'min_budget' });
    }
  }
  if (ad.parent_id && ad.parent_id === ad.ad_id) {
    const detail = 'must name another ad';
    faults.push({ code: 'ads.own_parent', detail, field: 'parent_id' });
  }
  if (JSON.stringify(ad.creative ?? {}).length > CREATIVE_CHARACTERS_MAX) {
    const detail = `is larger than ${CREATIVE_CHARACTERS_MAX} characters`;
    faults.push({ code: 'ads.creative_too_large', detail, field: 'creative' });
  }
  return faults;
}
