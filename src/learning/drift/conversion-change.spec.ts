import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../../shared/random.js';
import { COHORT_MS } from '../belief/cohorts.js';
import { cdfAt, defaultDelayCurve, delayCurveOf } from '../belief/delay.js';
import type { AdEvidence } from '../belief/posterior.js';
import { conversionChange, type ConversionChange } from './conversion-change.js';

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);
const WINDOW_DAYS = 7;
const shipped = defaultDelayCurve(WINDOW_DAYS);

/** A cohort's clicks and when their conversions come. */
interface Sold {
  at: number;
  clicks: number;
  soldAt: number[];
}

/** Clicks of `days`, their rate a function of the day; delays drawn from `curve`. */
function clicksOf(
  seed: number,
  days: number,
  rate: (day: number) => number,
  perDay = 300,
  curve = shipped,
): Sold[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: days * 4 }, (_, index) => {
    const at = T0 + index * COHORT_MS;
    const soldAt: number[] = [];
    for (let click = 0; click < perDay / 4; click += 1) {
      if (random.uniform() >= rate(index / 4)) continue;
      const place = random.uniform();
      const lag = curve.find(({ cdf }) => cdf >= place)?.lagHours ?? WINDOW_DAYS * 24;
      const clickedAt = at + random.uniform() * COHORT_MS;
      soldAt.push(clickedAt + (lag - 6 * random.uniform()) * 3_600_000);
    }
    return { at, clicks: perDay / 4, soldAt };
  });
}

/** What is known at an instant: conversions that have come, in the cohorts of their clicks. */
function evidence(sold: readonly Sold[], asOf: number): AdEvidence {
  const cohorts = sold
    .filter(({ at }) => at + COHORT_MS <= asOf)
    .map(({ at, clicks, soldAt }) => ({
      ...{ at, clicks, impressions: 0, spendMinor: 0, revenueMinor: null },
      conversions: soldAt.filter((instant) => instant < asOf).length,
    }));
  return { adId: 'a', campaignId: 'c', undated: false, cohorts };
}

/** Looks every six hours as the beliefs do; the days on which something was found, and what. */
function looks(clicks: readonly Sold[], days: number, believed = shipped) {
  const found: (ConversionChange & { day: number })[] = [];
  for (let asOf = T0 + COHORT_MS; asOf <= T0 + days * DAY; asOf += COHORT_MS) {
    const change = conversionChange(evidence(clicks, asOf), believed, asOf, found.at(-1)?.since);
    if (change) found.push({ ...change, day: (asOf - T0) / DAY });
  }
  return found;
}

describe('conversionChange', () => {
  it('finds a conversion rate that halved, and about when', () => {
    const runs = Array.from({ length: 20 }, (_, seed) =>
      looks(
        clicksOf(seed + 1, 50, (day) => (day < 20 ? 0.04 : 0.02)),
        50,
      ),
    );
    const first = runs.map((run) => run[0]);
    expect(first.filter((one) => one !== undefined && one.day > 20).length).toBeGreaterThanOrEqual(
      18,
    );
    const days = first.map((one) => one?.day ?? Infinity).sort((left, right) => left - right);
    expect(days[10] ?? Infinity).toBeLessThan(40);
    const sinces = first.map((one) => ((one?.since ?? T0) - T0) / DAY);
    sinces.sort((left, right) => left - right);
    expect(Math.abs((sinces[10] ?? 0) - 20)).toBeLessThan(3);
    expect(first[0]?.keep ?? 1).toBeLessThan(0.1);
  });

  it('finds one that doubled', () => {
    const runs = Array.from({ length: 10 }, (_, seed) =>
      looks(
        clicksOf(seed + 1, 40, (day) => (day < 20 ? 0.02 : 0.04)),
        40,
      ),
    );
    expect(runs.filter((run) => run.some(({ day }) => day > 20)).length).toBeGreaterThanOrEqual(9);
  });

  it('raises at most two alarms on forty stationary streams, looked at every six hours', () => {
    const runs = Array.from({ length: 40 }, (_, seed) =>
      looks(
        clicksOf(seed + 101, 40, () => 0.04, 250),
        40,
      ),
    );
    expect(runs.flat().length).toBeLessThanOrEqual(2);
  });

  it('does not take conversions that are still to come for a fall, whatever the delay', () => {
    const slow = delayCurveOf({ medianHours: 90, sigma: 1 }, WINDOW_DAYS);
    const runs = Array.from({ length: 20 }, (_, seed) =>
      looks(
        clicksOf(seed + 1, 30, () => 0.04, 400, slow),
        30,
      ),
    );
    expect(runs.flat().length).toBeLessThanOrEqual(1);
    // Raw rates of the last days look like a fall to everybody: that is what maturing corrects.
    expect(cdfAt(slow, 48) / cdfAt(slow, 168)).toBeLessThan(0.4);
  });

  it('leaves a change of a sixth alone, however certain', () => {
    const clicks = clicksOf(3, 30, (day) => (day < 15 ? 0.042 : 0.036), 6000);
    expect(looks(clicks, 30)).toEqual([]);
  });

  it('says nothing of clicks without a date or without known conversions', () => {
    const asOf = T0 + 40 * DAY;
    const known = evidence(
      clicksOf(1, 40, (day) => (day < 15 ? 0.08 : 0.02)),
      asOf,
    );
    expect(conversionChange(known, shipped, asOf)).not.toBeNull();
    expect(conversionChange({ ...known, undated: true }, shipped, asOf)).toBeNull();
    const unknown = known.cohorts.map((cohort) => ({ ...cohort, conversions: null }));
    expect(conversionChange({ ...known, cohorts: unknown }, shipped, asOf)).toBeNull();
  });
});
