import { describe, expect, it } from '@jest/globals';
import { COLUMNS_MAX } from '../csv/columns.js';
import { detectAdsLayout, type AdsDetection } from './ads-layouts.js';

const KAG = [
  'ad_id,xyz_campaign_id,fb_campaign_id,age,gender,interest',
  'Impressions,Clicks,Spent,Total_Conversion,Approved_Conversion',
]
  .join(',')
  .split(',');

function detected(headers: string[]): AdsDetection {
  const detection = detectAdsLayout(headers);
  if ('fault' in detection) throw new Error(detection.fault);
  return detection;
}

function faultOf(headers: string[]): string {
  const detection = detectAdsLayout(headers);
  return 'fault' in detection ? detection.fault : 'none';
}

const figures = ['Impressions', 'Link clicks', 'Amount spent (USD)', 'Purchases'];

describe('detectAdsLayout', () => {
  it('knows the KAG layout whole', () => {
    expect(detected(KAG)).toEqual({
      layout: 'kag',
      level: 'ad',
      grain: 'total',
      periodPerRow: false,
      columns: {
        adId: 0,
        campaignId: 1,
        impressions: 6,
        clicksAll: 7,
        spend: 8,
        leads: 9,
        purchases: 10,
      },
      creative: { age: 3, gender: 4, interest: 5 },
      headers: KAG,
      currency: null,
      warnings: ["the header names no currency: the account's is assumed"],
    });
  });

  it('tells the level by the finest object named', () => {
    const campaign = detected(['Campaign name', 'Campaign ID', ...figures]);
    const adset = detected(['Campaign ID', 'Ad set name', 'Ad Set ID', ...figures]);
    const ad = detected(['Campaign ID', 'Ad Set ID', 'AD NAME ', 'ad id', ...figures]);
    expect([campaign.level, adset.level, ad.level]).toEqual(['campaign', 'adset', 'ad']);
    expect([campaign.currency, campaign.warnings]).toEqual(['USD', []]);
  });

  it('tells days by the Day column and leaves a reporting period to the rows', () => {
    const byDay = detected(['Day', 'Ad ID', ...figures]);
    const period = detected(['Reporting starts', 'Reporting ends', 'Ad ID', ...figures]);
    expect([byDay.grain, byDay.periodPerRow]).toEqual(['day', false]);
    expect([period.grain, period.periodPerRow]).toEqual(['total', true]);
  });

  it('does not take "Clicks (all)" for a currency and warns when it stands for link clicks', () => {
    const detection = detected([
      'Ad ID',
      'Impressions',
      'Clicks (all)',
      'Amount spent (EUR)',
      'Purchases',
    ]);
    expect([detection.currency, detection.columns.clicksAll]).toEqual(['EUR', 2]);
    expect(detection.warnings).toEqual([expect.stringContaining('Link clicks')]);
  });

  it('names what is missing and what was seen', () => {
    expect(faultOf(['Ad ID', 'Reach', 'Link clicks'])).toBe(
      'missing columns: Impressions; Amount spent. Seen: "Ad ID", "Reach", "Link clicks"',
    );
    expect(faultOf(figures)).toContain('missing columns: a name or id');
    expect(faultOf(KAG.filter((header) => header !== 'Spent'))).toContain('missing columns: Spent');
  });

  it('warns when ids must be made from names, and when nothing names purchases', () => {
    const { warnings } = detected(['Ad name', 'Impressions', 'Link clicks', 'Amount spent (USD)']);
    expect(warnings).toEqual([
      expect.stringContaining('no Ad ID column'),
      expect.stringContaining('conversions are not known'),
    ]);
  });

  it('reads the first of two columns with one header and says so', () => {
    const detection = detected(['Ad ID', ...figures, 'Impressions']);
    expect(detection.columns.impressions).toBe(1);
    expect(detection.warnings).toEqual([
      'the header "Impressions" appears twice: the first is read',
    ]);
  });

  it('refuses breakdowns, several currencies and absurdly many columns', () => {
    expect(faultOf(['Ad ID', 'Age', 'Gender', ...figures])).toContain('broken down by age, gender');
    expect(faultOf(['Ad ID', ...figures, 'Purchases conversion value (EUR)'])).toContain(
      'USD, EUR',
    );
    expect(faultOf(Array<string>(COLUMNS_MAX + 1).fill('x'))).toContain('1001 columns');
  });
});
