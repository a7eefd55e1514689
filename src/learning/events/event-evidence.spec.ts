import { describe, expect, it } from '@jest/globals';
import { NO_TOTALS } from '../../metrics/reports/totals.js';
import { COHORT_MS } from '../belief/cohorts.js';
import { defaultDelayCurve, lagMasses } from '../belief/delay.js';
import { ageingOf, exposureOf } from '../belief/exposure.js';
import type { Cohort } from '../belief/posterior.js';
import { withEventCohorts } from '../belief/event-cohorts.js';
import { afterReports, cutCells } from './event-evidence.js';
import { withEventTotals } from './event-totals.js';
import { NO_LAG, type EvidenceCell } from '../belief/evidence-cell.js';

const HOUR = 3_600_000;
const delay = defaultDelayCurve(7);
const cell = (hours: number, given: Partial<EvidenceCell>): EvidenceCell => ({
  ...{ adId: 'a', at: hours * HOUR, lag: NO_LAG, impressions: 0, clicks: 0, conversions: 0 },
  ...{ valued: 0, valueMinor: 0, lastAt: (hours + 1) * HOUR },
  ...given,
});
const total = (cohorts: Cohort[], name: 'clicks' | 'conversions' | 'revenueMinor') =>
  cohorts.reduce((sum, one) => sum + (one[name] ?? 0), 0);

describe('afterReports', () => {
  it('leaves what no report covers: whole cohorts, and the rest of the one a report ends in', () => {
    const cells = [
      cell(0, { clicks: 10, impressions: 100 }),
      cell(6, {
        ...{ clicks: 10, impressions: 100, conversions: 2, valued: 2, valueMinor: 9 },
        lastAt: 11 * HOUR,
      }),
      cell(12, { clicks: 10 }),
    ];
    const until = () => new Date(8 * HOUR);
    expect(cutCells(cells, until)).toEqual([
      { adId: 'a', from: new Date(6 * HOUR), until: new Date(8 * HOUR) },
    ]);
    const rest = afterReports(cells, until, [{ adId: 'a', impressions: 60, clicks: 4 }]);
    expect(rest.map(({ clicks, impressions }) => [clicks, impressions])).toEqual([
      [0, 0],
      [6, 40],
      [10, 0],
    ]);
    expect(withEventTotals({ ...NO_TOTALS, clicks: 30, conversions: 9 }, rest, true)).toMatchObject(
      { clicks: 46, conversions: 2, revenueMinor: 9 },
    );
    expect(withEventTotals({ ...NO_TOTALS, conversions: 9 }, rest, false)).toMatchObject({
      ...{ clicks: 16, conversions: 9, revenueMinor: null },
    });
    expect(cutCells(cells, () => null)).toEqual([]);
  });

  it('counts nothing again where the events ended before the report', () => {
    const cells = [cell(6, { clicks: 10, impressions: 100, lastAt: 8 * HOUR })];
    const until = () => new Date(8 * HOUR);
    expect(cutCells(cells, until)).toEqual([]);
    expect(afterReports(cells, until, [])).toMatchObject([{ clicks: 0, impressions: 0 }]);
  });
});

describe('withEventCohorts', () => {
  const clicked = [cell(0, { clicks: 50 }), cell(24, { clicks: 50 })];

  it('says nothing of conversions while the account does not count its own', () => {
    const cohorts = withEventCohorts([], clicked, { delay, conversionsSince: null });
    expect(cohorts.map(({ conversions }) => conversions)).toEqual([null, null]);
  });

  it('keeps known clicks exact and shares the rest out over earlier clicks, losing nothing', () => {
    const cohorts = withEventCohorts(
      [],
      [
        ...clicked,
        cell(0, { lag: 3, conversions: 4, valued: 4, valueMinor: 400 }),
        cell(30, { conversions: 3, valued: 1, valueMinor: 70 }),
      ],
      { delay, conversionsSince: 0 },
    );
    expect(total(cohorts, 'clicks')).toBe(100);
    expect(total(cohorts, 'conversions')).toBeCloseTo(7, 10);
    expect(total(cohorts, 'revenueMinor')).toBeCloseTo(470, 10);
    const valued = cohorts.filter(({ revenueMinor }) => revenueMinor !== null);
    expect(total(valued, 'conversions')).toBeCloseTo(5, 10);
    const at = (hours: number) => cohorts.filter((one) => one.at === hours * HOUR);
    expect(total(at(0), 'conversions')).toBeGreaterThan(4.2);
    expect(total(at(24), 'conversions')).toBeGreaterThan(0.5);
    expect(total(at(30), 'conversions')).toBe(0);
  });

  it('does not know the sales of clicks from long before anybody told events', () => {
    const early: Cohort = {
      ...{ at: -240 * HOUR, impressions: 0, clicks: 9, spendMinor: 0 },
      ...{ conversions: null, revenueMinor: null },
    };
    const since = Math.min(...clicked.map(({ at }) => at));
    const cohorts = withEventCohorts([early], clicked, { delay, conversionsSince: since });
    expect(cohorts.map(({ conversions }) => conversions)).toEqual([null, 0, 0]);
  });

  it('believes the true rate of an account that begins to tell sales without their clicks', () => {
    const DAYS = 12;
    const SINCE = 9;
    const RATE = 0.03;
    const reported = Array.from({ length: DAYS * 4 }, (_, index): Cohort => ({
      ...{ at: index * COHORT_MS, impressions: 0, clicks: 1000, spendMinor: 0 },
      ...{ conversions: null, revenueMinor: null },
    }));
    // What arrives in a cohort's time comes from the clicks of the week before it.
    const sales = (arrived: number) =>
      reported.reduce((sum, { clicks }, from) => {
        const mass = arrived < from ? 0 : (lagMasses(delay)[arrived - from] ?? 0);
        return sum + RATE * clicks * mass;
      }, 0);
    const told = Array.from({ length: (DAYS - SINCE) * 4 }, (_, index) => {
      const conversions = sales(SINCE * 4 + index);
      return cell((SINCE * 4 + index) * 6, { conversions });
    });
    const cohorts = withEventCohorts(reported, told, {
      delay,
      conversionsSince: Math.min(...told.map(({ at }) => at)),
    });
    const asOf = DAYS * 86_400_000;
    const ad = { adId: 'a', campaignId: 'c', cohorts, undated: false };
    const ageing = ageingOf(asOf, delay, { ctr: 3, cvr: 28 });
    const { effective, evidence } = exposureOf(ad, asOf, ageing);
    expect(total(cohorts, 'conversions')).toBeCloseTo(total(told.map(toCohort), 'conversions'), 6);
    expect(evidence.clicks).toBe(DAYS * 4 * 1000);
    expect(effective.conversions / effective.maturedClicks / RATE).toBeGreaterThan(0.95);
    expect(effective.conversions / effective.maturedClicks / RATE).toBeLessThan(1.05);
  });
});

function toCohort({ at, conversions }: EvidenceCell): Cohort {
  return { at, impressions: 0, clicks: 0, spendMinor: 0, conversions, revenueMinor: null };
}
