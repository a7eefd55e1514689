// From what was read of some families of an account to its arms, each before the account's word on
// it: evidence, exposure, totals.
import type { Account } from '../accounts/index.js';
import type { AccountReports, ArmReports } from '../metrics/index.js';
import { dayBounds, localDay } from '../shared/time.js';
import type { AccountPrior, KnownObjects, ObservedArm } from './account-beliefs.js';
import { factsOf, type AdFacts } from './belief/ad-facts.js';
import { dayBoundsIn } from './belief/daily-cohorts.js';
import { evidenceOf, type EvidenceContext } from './belief/evidence.js';
import type { EvidenceCell } from './belief/evidence-cell.js';
import { ageingOf, exposureOf, type AgeingAt, type Exposure } from './belief/exposure.js';
import { forgetting, type DriftRecord } from './belief/forget.js';
import type { AdEvidence } from './belief/posterior.js';
import type { PatternLift } from './belief/prior.js';
import { sum, withoutRoundingError } from './belief/statistics.js';
import { conversionChanges } from './drift/conversion-change.js';
import type { EventEvidence } from './events/event-evidence.js';
import { withEventTotals } from './events/event-totals.js';
import { settledSpend } from './likeness/settled-spend.js';

export interface ExposedArm {
  arm: ObservedArm;
  facts: AdFacts;
  exposure: Exposure;
  lift: PatternLift | undefined;
}

/** What of the account has to be known before its arms are looked at. */
export type PriorBasis = Pick<AccountPrior, 'delay' | 'delays' | 'conversionsSince' | 'knowledge'>;

export interface Look {
  account: Account;
  asOf: Date;
  basis: PriorBasis;
  context: EvidenceContext;
  ageing: AgeingAt;
  today: { day: string; start: Date };
  /** A cell to be left out. */
  without: EvidenceCell | undefined;
}

/** What was read of some families. */
export interface Part {
  reports: AccountReports;
  events: EventEvidence;
  drifts: ReadonlyMap<string, DriftRecord[]>;
}

export function lookOf(
  account: Account,
  asOf: Date,
  basis: PriorBasis,
  without?: EvidenceCell,
): Look {
  const day = localDay(asOf, account.timezone);
  return {
    ...{ account, asOf, basis, without },
    today: { day, start: dayBounds(day, account.timezone).start },
    ageing: ageingOf(asOf.getTime(), basis.delay, account.settings.half_life_days),
    context: {
      asOf: asOf.getTime(),
      delay: basis.delay,
      dayBounds: dayBoundsIn(account.timezone),
      platformConversions: account.conversionSource !== 'first_party',
      conversionsSince: basis.conversionsSince,
    },
  };
}

/** `see` is shown the evidence on the way. */
export function expose(
  { asOf, basis, context, ageing, today }: Look,
  { events, drifts }: Part,
  { ad, totals, reporters }: ArmReports,
  see?: (evidence: AdEvidence) => void,
): ExposedArm {
  const { adId } = ad;
  const source = {
    id: adId,
    group: ad.campaignId,
    reporters: reporters.map(({ ad: { startedAt }, reports }) => ({ startedAt, reports })),
  };
  const evidence = evidenceOf(source, events.byArm.get(adId) ?? [], context);
  see?.(evidence);
  const at = asOf.getTime();
  const sales = conversionChanges(evidence, basis.delay, at).map(({ since, keep }) => ({
    ...{ adId, at: since, keep, rate: 'cvr' as const },
  }));
  const drift = [...(drifts.get(adId) ?? []), ...sales];
  const exposure = exposureOf(evidence, at, forgetting(ageing, drift, at));
  return {
    arm: { ad, totals, settledMinor: settledSpend(reporters, today) },
    facts: factsOf(evidence, exposure),
    exposure,
    lift: basis.knowledge.liftOf(ad.creative) ?? undefined,
  };
}

/** Totals are the latest reports and the events after them. */
export function withEvents(
  reports: AccountReports,
  { byArm, byAd }: EventEvidence,
  isOwn: boolean,
): AccountReports {
  return {
    ...reports,
    arms: reports.arms.map((arm) => ({
      ...arm,
      totals: withEventTotals(arm.totals, byArm.get(arm.ad.adId) ?? [], isOwn),
    })),
    totals: new Map(
      [...reports.totals].map(([adId, totals]) => [
        adId,
        withEventTotals(totals, byAd.get(adId) ?? [], isOwn),
      ]),
    ),
  };
}

/** The yardstick of saturation; unknown budgets leave it to the spend. */
export function activeBudget(arms: readonly ObservedArm[]): number | undefined {
  const active = arms.filter(({ ad }) => ad.status === 'active');
  const total = sum(active, ({ ad }) => ad.dailyBudgetMinor ?? 0);
  return total > 0 ? total : undefined;
}

export function sumsOf(facts: readonly AdFacts[], conversionsKnown: boolean): AccountPrior['sums'] {
  const evidence = facts.map((ad) => ad.evidence);
  return {
    arms: facts.length,
    armsWithConversions: evidence.filter(({ conversions }) => (conversions ?? 0) > 0).length,
    clicks: sum(evidence, ({ clicks }) => clicks),
    conversions: conversionsKnown
      ? withoutRoundingError(sum(evidence, ({ conversions }) => conversions ?? 0))
      : null,
  };
}

export function noObjects(): KnownObjects {
  return { ads: new Map(), owners: new Map(), totals: new Map(), events: new Map() };
}
