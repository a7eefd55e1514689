import { describe, expect, it } from '@jest/globals';
import type { Reports } from '../../metrics/index.js';
import { SeededRandom } from '../../shared/random.js';
import { reportDrifts } from './report-drifts.js';

const T0 = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const rest = { spendMinor: 0, conversions: null, leads: null, revenueMinor: null };
const values = { ...rest, adId: 'a', pipelineValueMinor: null };

function snapshots(seed: number, count: number, rate: (index: number) => number): Reports {
  const random = new SeededRandom(seed);
  let [impressions, clicks] = [0, 0];
  return {
    days: [],
    snapshots: Array.from({ length: count }, (_, index) => {
      impressions += 1000;
      clicks += random.binomial(1000, rate(index));
      return { ...values, observedAt: new Date(T0 + index * (DAY / 4)), impressions, clicks };
    }),
  };
}

function days(seed: number, count: number, rate: (day: number) => number): Reports {
  const random = new SeededRandom(seed);
  return {
    snapshots: [],
    days: Array.from({ length: count }, (_, index) => ({
      ...{ ...values, day: new Date(T0 + index * DAY).toISOString().slice(0, 10) },
      ...{ attributionSetting: '', viewConversions: null },
      ...{ impressions: 4000, clicks: random.binomial(4000, rate(index)) },
    })),
  };
}

const at = (daysIn: number) => new Date(T0 + daysIn * DAY);
const halved = (middle: number) => (index: number) => (index < middle ? 0.04 : 0.02);

describe('the click rate of an object that reports', () => {
  it.each([
    ['snapshots', snapshots(1, 80, halved(40))],
    ['days', days(1, 20, halved(10))],
  ])('by %s is found to have halved, in the report that proves it', (_name, reports) => {
    const [drift, ...others] = reportDrifts(reports, 'UTC', at(20));
    expect(others).toEqual([]);
    expect(Math.abs((drift?.before ?? 0) - 0.04)).toBeLessThan(0.01);
    expect(Math.abs((drift?.after ?? 0) - 0.02)).toBeLessThan(0.01);
    expect(Math.abs((drift?.since ?? 0) - at(10).getTime())).toBeLessThan(2 * DAY);
    const proven = new Date(drift?.detectedAt ?? 0);
    expect(reportDrifts(reports, 'UTC', proven)).toHaveLength(1);
    expect(reportDrifts(reports, 'UTC', new Date(proven.getTime() - 1))).toEqual([]);
  });

  it('that stays as it is raises next to nothing', () => {
    let found = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      found += reportDrifts(
        snapshots(seed, 160, () => 0.04),
        'UTC',
        at(40),
      ).length;
      found += reportDrifts(
        days(seed, 40, () => 0.04),
        'UTC',
        at(40),
      ).length;
    }
    expect(found).toBeLessThanOrEqual(1);
  });

  it('is not judged by totals that were corrected', () => {
    const reports = snapshots(3, 80, () => 0.04);
    const [corrected] = reports.snapshots.slice(40, 41);
    if (corrected) Object.assign(corrected, { impressions: 100, clicks: 90 });
    expect(reportDrifts(reports, 'UTC', at(20))).toEqual([]);
  });
});
