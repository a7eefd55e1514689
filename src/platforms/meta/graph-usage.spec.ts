import { describe, expect, it } from '@jest/globals';
import { regainAccessMs, scoreBlockMs } from './graph-usage.js';

const BUSINESS = 'X-Business-Use-Case-Usage';
const ACCOUNT = 'X-Ad-Account-Usage';
const entry = (type: string, minutes: unknown) => ({
  type,
  call_count: 100,
  total_cputime: 1,
  total_time: 1,
  estimated_time_to_regain_access: minutes,
  ads_api_access_tier: 'development_access',
});

describe('usage headers', () => {
  const usage = {
    [BUSINESS]: JSON.stringify({
      '11': [entry('ads_management', 3), entry('ads_insights', 40)],
      '22': [entry('ads_management', 55)],
    }),
  };

  it('count the own account and use case where they can be told apart', () => {
    expect(regainAccessMs(usage, 'ads_management', 'act_11')).toBe(3 * 60_000);
    expect(regainAccessMs(usage, 'ads_insights', '11')).toBe(40 * 60_000);
    expect(regainAccessMs(usage, null, '11')).toBe(40 * 60_000);
  });

  it('count the longest wait where they cannot', () => {
    expect(regainAccessMs(usage, 'ads_management', '99')).toBe(55 * 60_000);
    expect(regainAccessMs(usage, 'leadgen', '11')).toBe(40 * 60_000);
    expect(regainAccessMs(usage, null, null)).toBe(55 * 60_000);
  });

  it('read the ad account header in seconds, and only when its own limit is spent', () => {
    const header = (percent: number | undefined) => ({
      [ACCOUNT]: JSON.stringify({ acc_id_util_pct: percent, reset_time_duration: 120 }),
    });
    expect(regainAccessMs(header(100), null, null)).toBe(120_000);
    expect(regainAccessMs(header(undefined), null, null)).toBe(120_000);
    expect(regainAccessMs(header(99.5), null, null)).toBeNull();
  });

  it('say nothing when absent, zero, broken or absurd', () => {
    const cases = ['', 'no JSON', '[]', '{"11":5}', '{"11":[null]}', 'null'];
    for (const text of cases) expect(regainAccessMs({ [BUSINESS]: text }, null, '11')).toBeNull();
    for (const minutes of [0, -4, 'soon', null]) {
      const header = { [BUSINESS]: JSON.stringify({ '11': [entry('ads_management', minutes)] }) };
      expect(regainAccessMs(header, null, '11')).toBeNull();
    }
    const absurd = { [BUSINESS]: JSON.stringify({ '11': [entry('ads_management', 1e9)] }) };
    expect(regainAccessMs(absurd, null, '11')).toBe(24 * 3_600_000);
    expect(regainAccessMs({}, null, null)).toBeNull();
  });

  it('name the tier in any of three places; without one the slower block is taken', () => {
    const tier = JSON.stringify({ ads_api_access_tier: 'standard_access' });
    expect(scoreBlockMs({})).toBe(300_000);
    expect(scoreBlockMs(usage)).toBe(300_000);
    expect(scoreBlockMs({ [ACCOUNT]: tier })).toBe(60_000);
    expect(scoreBlockMs({ 'X-FB-Ads-Insights-Throttle': tier })).toBe(60_000);
    expect(scoreBlockMs({ [BUSINESS]: `{"11":[${tier}]}` })).toBe(60_000);
  });
});
