import { describe, expect, it } from '@jest/globals';
import { detectAdsLayout } from './ads-layouts.js';
import type { AdsRecord, AdsRow } from './ads-record.js';
import { AdsRowReader } from './ads-row.js';

type Cells = Record<string, string>;

const ad: Cells = {
  'Campaign ID': '77',
  'Ad ID': '120210001234567890',
  Impressions: '1,000',
  'Link clicks': '20',
  'Amount spent (USD)': '12.34',
};

function read(cells: Cells, currency = 'USD'): AdsRecord {
  const detection = detectAdsLayout(Object.keys(cells));
  if ('fault' in detection) throw new Error(detection.fault);
  return new AdsRowReader(detection, currency, '.').read(Object.values(cells));
}

function rowOf(cells: Cells): AdsRow {
  const record = read(cells);
  if (record.kind !== 'row') throw new Error(JSON.stringify(record));
  return record.row;
}

const faultOf = (cells: Cells): AdsRecord => read({ ...ad, ...cells });

describe('AdsRowReader', () => {
  it('reads a full ad row', () => {
    const row = rowOf({
      'Reporting starts': '2025-07-01',
      'Reporting ends': '2025-07-31',
      'Campaign name': 'Summer',
      'Ad set name': 'Broad',
      'Ad Set ID': '88',
      'Ad name': 'Video 1',
      ...ad,
      'Ad delivery': 'not_delivering',
      Purchases: '0',
      'Purchases conversion value': '',
      Leads: '',
      'Attribution setting': '7-day click or 1-day view',
      Starts: '2025-06-30 10:15',
      Body: 'Buy now',
    });
    expect(row).toEqual({
      entityType: 'ad',
      adId: '120210001234567890',
      name: 'Video 1',
      adsetId: '88',
      adsetName: 'Broad',
      campaignId: '77',
      campaignName: 'Summer',
      status: 'paused',
      dailyBudgetMinor: null,
      startedAt: '2025-06-30T10:15:00',
      date: null,
      periodStart: '2025-07-01',
      periodEnd: '2025-07-31',
      attributionSetting: '7-day click or 1-day view',
      impressions: 1000,
      clicks: 20,
      spendMinor: 1234,
      conversions: 0,
      leads: null,
      revenueMinor: null,
      creative: { text: 'Buy now' },
    });
  });

  it('makes a day of a Day column and of a period of one day', () => {
    const one = { 'Reporting starts': '2025-07-01', 'Reporting ends': '2025-07-01' };
    const month = { ...one, 'Reporting ends': '2025-07-31' };
    expect(rowOf({ ...ad, ...one }).date).toBe('2025-07-01');
    expect(rowOf({ ...ad, ...month, Day: '2025-07-05' })).toMatchObject({
      date: '2025-07-05',
      periodStart: '2025-07-05',
      periodEnd: '2025-07-05',
    });
  });

  it('names the column of a bad cell', () => {
    const bad: Cells[] = [
      { Impressions: 'many' },
      { Impressions: '12.5' },
      { 'Link clicks': '-3' },
      { 'Amount spent (USD)': '1,2,3' },
      { 'Amount spent (USD)': '99999999999999' },
      { Day: '07/05/2025' },
      { Day: '2025-02-30' },
      { Day: '' },
      { Currency: 'EUR' },
      { 'Ad ID': '1.2021E+17' },
      { Impressions: '' },
    ];
    expect(bad.map(faultOf)).toEqual(
      [
        'Impressions "many" is not a number',
        'Impressions "12.5" is not a whole number',
        'Link clicks "-3" is negative',
        'Amount spent (USD) "1,2,3" is not a number',
        'Amount spent (USD) is beyond any real amount',
        'Day "07/05/2025" is not a day written YYYY-MM-DD',
        'Day "2025-02-30" is not a day written YYYY-MM-DD',
        'Day is blank',
        "Currency is not the account's USD",
        'Ad ID "1.2021E+17" lost its digits in a spreadsheet',
        'Impressions is blank beside other figures',
      ].map((detail) => ({ kind: 'fault', detail })),
    );
  });

  it('makes ids from the path of names, the same ones every time', () => {
    const named = { Impressions: '1', 'Link clicks': '0', 'Amount spent (USD)': '0' };
    const first = rowOf({ 'Campaign name': 'A', 'Ad name': 'Video', ...named });
    const again = rowOf({ 'Campaign name': 'A', 'Ad name': 'Video', ...named });
    const other = rowOf({ 'Campaign name': 'B', 'Ad name': 'Video', ...named });
    expect(first.adId).toMatch(/^name:[0-9a-f]{16}$/);
    expect(first.campaignId).toMatch(/^name:[0-9a-f]{16}$/);
    expect(again).toEqual(first);
    expect(new Set([first.adId, first.campaignId, other.adId, other.campaignId]).size).toBe(4);
    expect(first.adsetId).toBeNull();
  });

  it('skips totals, blank rows and objects without delivery', () => {
    const nobody = { ...ad, 'Ad ID': '' };
    const totals = { ...ad, 'Ad ID': '', 'Ad name': 'Results from 9 ads' };
    const idle = { ...ad, Impressions: '', 'Link clicks': '', 'Amount spent (USD)': '-' };
    const blank = Object.fromEntries(Object.keys(ad).map((header) => [header, ' ']));
    expect(
      [nobody, totals, { ...totals, 'Ad name': 'Total' }, idle, blank].map((row) => read(row)),
    ).toEqual(
      ['totals row', 'totals row', 'totals row', 'no figures', 'blank row'].map((reason) => ({
        kind: 'skipped',
        reason,
      })),
    );
    expect(rowOf({ ...ad, 'Ad name': 'Total' }).name).toBe('Total');
  });

  it('reads blank clicks and spend beside stated impressions as zero, a blank outcome as unknown', () => {
    const row = rowOf({ ...ad, 'Link clicks': '', 'Amount spent (USD)': '', Purchases: '-' });
    expect([row.clicks, row.spendMinor, row.conversions]).toEqual([0, 0, null]);
  });

  it('reads Results by their indicator, and only where no column of their own is there', () => {
    const results = (indicator: string, more: Cells = {}): (number | null)[] => {
      const cells = { ...ad, ...more, Results: '7', 'Result indicator': indicator };
      const { conversions, leads } = rowOf(cells);
      return [conversions, leads];
    };
    expect(results('actions:offsite_conversion.fb_pixel_purchase')).toEqual([7, null]);
    expect(results('actions:onsite_conversion.lead_grouped')).toEqual([null, 7]);
    expect(results('actions:link_click')).toEqual([null, null]);
    expect(results('actions:omni_purchase', { Purchases: '5' })).toEqual([5, null]);
    expect(rowOf({ ...ad, Purchases: '5', 'Website purchases': '4' }).conversions).toBe(5);
    expect(rowOf({ ...ad, 'Website purchases': '4' }).conversions).toBe(4);
  });

  it('takes only a daily budget of the own level for the daily budget', () => {
    const figures = Object.fromEntries(Object.entries(ad).filter(([name]) => name !== 'Ad ID'));
    const budget = (level: Cells, amount: string, type: string): number | null =>
      rowOf({ ...level, ...figures, 'Ad set budget': amount, 'Ad set budget type': type })
        .dailyBudgetMinor;
    const adset = { 'Ad Set ID': '88' };
    expect(budget(adset, '1,050.50', 'Daily')).toBe(105050);
    expect(budget(adset, '500', 'Lifetime')).toBeNull();
    expect(budget(adset, 'Using campaign budget', 'Daily')).toBeNull();
    expect(budget({}, '20', 'Daily')).toBe(2000);
    expect(budget({}, 'Using ad set budget', '0')).toBeNull();
    expect(budget({ 'Ad ID': '1' }, '20', 'Daily')).toBeNull();
  });

  it('refuses shifted rows and takes rows that a spreadsheet padded', () => {
    const detection = detectAdsLayout(Object.keys(ad));
    if ('fault' in detection) throw new Error(detection.fault);
    const reader = new AdsRowReader(detection, 'USD', '.');
    const cells = Object.values(ad);
    expect(reader.read([...cells, '', ' ']).kind).toBe('row');
    expect([reader.read(cells.slice(1)), reader.read([...cells, 'x'])]).toEqual([
      { kind: 'fault', detail: 'the row has 4 cells, the header 5' },
      { kind: 'fault', detail: 'the row has 6 cells, the header 5' },
    ]);
  });

  it('rounds float noise to the cent and keeps amounts of a currency without cents', () => {
    const spent = (amount: string): number =>
      rowOf({ ...ad, 'Amount spent (USD)': amount }).spendMinor;
    expect([spent('1.429999948'), spent('1.820000023'), spent('0')]).toEqual([143, 182, 0]);
    const yen = {
      'Ad ID': '1',
      Impressions: '1',
      'Link clicks': '1',
      'Amount spent (JPY)': '1,250',
    };
    expect(read(yen, 'JPY')).toMatchObject({ row: { spendMinor: 1250 } });
  });
});
