// What an advertiser with perfect attribution sees of a simulated account: six-hour cohorts with
// each conversion at the click it came from, as soon as it has been reported. The world itself only
// tells totals; the click of a conversion is read off the moment it joins the queue of the
// undelivered.
import type { AdEvidence, Cohort, DelayObservation } from '../../src/learning/pure.js';
import { type SandboxAd, type SandboxWorld, STEP_MS } from '../../src/platforms/index.js';
import { REFUND_AFTER_STEPS, type Hostility } from './hostile.js';

interface Due {
  cohort: Cohort;
  /** Below zero for what is sent back. */
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
  hostility: Hostility;
}

export function emptyLedger(hostility: Hostility = {}): Ledger {
  return { ads: new Map(), delays: [], hostility };
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
    for (const { step: due, ...sold } of joined(was, ad, step))
      awaits(book, due, { cohort, ...sold });
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

function awaits(book: AdLedger, step: number, due: Due): void {
  const waiting = book.due.get(step);
  if (waiting) waiting.push(due);
  else book.due.set(step, [due]);
}

function deliver({ delays, hostility }: Ledger, book: AdLedger, step: number): void {
  for (const due of book.due.get(step) ?? []) {
    const { cohort, conversions, revenueMinor } = due;
    if (hostility.isLost?.(step)) continue;
    cohort.conversions = (cohort.conversions ?? 0) + conversions;
    cohort.revenueMinor = (cohort.revenueMinor ?? 0) + revenueMinor;
    if (conversions < 0) continue;
    const clickStep = cohort.at / STEP_MS;
    const delayHours = ((step - clickStep) * STEP_MS) / 3_600_000 + 3;
    for (let one = 0; one < conversions; one += 1) delays.push({ delayHours, clickStep });
    const back = hostility.refunded?.(book.evidence.adId, step, conversions) ?? 0;
    if (back === 0) continue;
    const revenueBack = Math.round((revenueMinor * back) / conversions);
    const refund = { cohort, conversions: -back, revenueMinor: -revenueBack };
    awaits(book, step + REFUND_AFTER_STEPS, refund);
  }
  book.due.delete(step);
}
