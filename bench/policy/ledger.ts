// What an advertiser with perfect attribution sees of a simulated account: six-hour cohorts with each
// conversion at the click it came from, as soon as it has been reported. The world itself only tells
// totals; the click of a conversion is read off the moment it joins the queue of the undelivered.
import type { SandboxAd, SandboxWorld } from '../../src/platforms/sandbox/world.js';
import { STEP_MS } from '../../src/platforms/sandbox/world-spec.js';
import type { DelayObservation } from '../../src/learning/delay.js';
import type { AdEvidence, Cohort } from '../../src/learning/posterior.js';

interface Due {
  cohort: Cohort;
  conversions: number;
  revenueMinor: number;
}

interface AdLedger {
  evidence: AdEvidence;
  due: Map<number, Due[]>;
}

export interface Ledger {
  ads: Map<string, AdLedger>;
  /** Reported conversions: delay, and the step of their click. */
  delays: { delayHours: number; clickStep: number }[];
}

export function emptyLedger(): Ledger {
  return { ads: new Map(), delays: [] };
}

/** Books the one step that leads from `before` to `after`. */
export function bookStep(ledger: Ledger, before: SandboxWorld, after: SandboxWorld): void {
  const step = before.clockAt / STEP_MS;
  after.ads.forEach((ad, index) => {
    const was = before.ads[index] as SandboxAd;
    if (!was.launched) return;
    const book = ledgerOf(ledger, ad);
    const cohort: Cohort = {
      at: before.clockAt,
      impressions: ad.totals.impressions - was.totals.impressions,
      clicks: ad.totals.clicks - was.totals.clicks,
      spendMinor: ad.totals.spendMinor - was.totals.spendMinor,
      conversions: 0,
      revenueMinor: 0,
    };
    book.evidence.cohorts.push(cohort);
    for (const fresh of joined(was, ad, step)) {
      const waiting = book.due.get(fresh.step) ?? [];
      waiting.push({
        cohort,
        conversions: fresh.conversions,
        revenueMinor: fresh.revenueMinor,
      });
      book.due.set(fresh.step, waiting);
    }
    deliver(ledger, book, step);
  });
}

export function evidenceOfLedger(ledger: Ledger): AdEvidence[] {
  return [...ledger.ads.values()].map(({ evidence }) => evidence);
}

/** Delays as the estimator wants them, seen from an instant. */
export function delaysAt(ledger: Ledger, atMs: number): DelayObservation[] {
  return ledger.delays.map(({ delayHours, clickStep }) => ({
    delayHours,
    ageHours: (atMs - (clickStep + 0.5) * STEP_MS) / 3_600_000,
  }));
}

function ledgerOf(ledger: Ledger, ad: SandboxAd): AdLedger {
  const known = ledger.ads.get(ad.adId);
  if (known) return known;
  const { adId, campaignId } = ad;
  const made: AdLedger = {
    evidence: { adId, campaignId, cohorts: [], undated: false },
    due: new Map(),
  };
  ledger.ads.set(adId, made);
  return made;
}

/** What joined the queue in this step, what was delivered within it included. */
function joined(was: SandboxAd, is: SandboxAd, step: number): SandboxAd['pending'] {
  const earlier = new Map(was.pending.map((bucket) => [bucket.step, bucket]));
  const later = is.pending.map((bucket) => {
    const known = earlier.get(bucket.step);
    return {
      step: bucket.step,
      conversions: bucket.conversions - (known?.conversions ?? 0),
      revenueMinor: bucket.revenueMinor - (known?.revenueMinor ?? 0),
    };
  });
  const overdue = was.pending.filter((bucket) => bucket.step <= step);
  const sum = (of: 'conversions' | 'revenueMinor') =>
    is.totals[of] - was.totals[of] - overdue.reduce((total, bucket) => total + bucket[of], 0);
  const atOnce = { step, conversions: sum('conversions'), revenueMinor: sum('revenueMinor') };
  return [atOnce, ...later].filter(({ conversions }) => conversions > 0);
}

function deliver(ledger: Ledger, book: AdLedger, step: number): void {
  for (const { cohort, conversions, revenueMinor } of book.due.get(step) ?? []) {
    cohort.conversions = (cohort.conversions ?? 0) + conversions;
    cohort.revenueMinor = (cohort.revenueMinor ?? 0) + revenueMinor;
    const clickStep = cohort.at / STEP_MS;
    const delayHours = ((step - clickStep) * STEP_MS) / 3_600_000 + 3;
    for (let one = 0; one < conversions; one += 1) ledger.delays.push({ delayHours, clickStep });
  }
  book.due.delete(step);
}
