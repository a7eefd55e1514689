import { describe, expect, it } from '@jest/globals';
import { PlatformError } from '../../shared/errors.js';
import { advanceWithReadings, observe, readAd, visibleAds, writeAd } from './observe.js';
import { DAY_MS } from './world-spec.js';
import { advanceWorld, createWorld, type SandboxWorld } from './world.js';

const START = Date.UTC(2026, 2, 1);
const fresh = (): SandboxWorld =>
  createWorld({ seed: 9, world: 'ecom', adCount: 12, startAt: START, currency: 'USD' });

describe('what the sandbox shows', () => {
  it('shows an ad only once it is launched', () => {
    const world = fresh();
    const late = world.ads[11];
    expect(visibleAds(world)).toHaveLength(8);
    expect(observe(world)).toHaveLength(8);
    expect(() => readAd(world, late?.adId ?? '')).toThrow(PlatformError);
    const launched = advanceWorld(world, late?.launchAt ?? 0);
    expect(readAd(launched, late?.adId ?? '').status).toBe('active');
  });

  it('shows nothing of what is hidden', () => {
    const world = advanceWorld(fresh(), START + DAY_MS);
    expect(Object.keys(observe(world)[0] ?? {}).sort()).toEqual([
      'adId',
      'clicks',
      'conversions',
      'impressions',
      'observedAt',
      'revenueMinor',
      'spendMinor',
    ]);
    expect(JSON.stringify(visibleAds(world))).not.toContain('hidden');
  });

  it('reads the totals at each interval and ends where a single advance ends', () => {
    const { world, readings } = advanceWithReadings(fresh(), START + 30 * DAY_MS, 24);
    expect(world).toEqual(advanceWorld(fresh(), START + 30 * DAY_MS));
    const first = readings.filter((reading) => reading.adId === world.ads[0]?.adId);
    expect(first.map((reading) => (reading.observedAt - START) / DAY_MS)).toEqual(
      Array.from({ length: 30 }, (_, day) => day + 1),
    );
    expect(readings.slice(-12)).toEqual(observe(world));
  });

  it('reads once per step when asked for a finer rhythm, and at an end between intervals', () => {
    const hourly = advanceWithReadings(fresh(), START + DAY_MS, 1).readings;
    expect(new Set(hourly.map((reading) => reading.observedAt)).size).toBe(4);
    const { readings } = advanceWithReadings(fresh(), START + 1.5 * DAY_MS, 24);
    expect(readings.at(-1)?.observedAt).toBe(START + 1.5 * DAY_MS);
  });
});

describe('what the sandbox takes', () => {
  it('takes absolute budgets, bids and statuses and reads them back', () => {
    const adId = fresh().ads[0]?.adId ?? '';
    let world = writeAd(fresh(), { adId, changeType: 'budget', valueMinor: 4321 });
    world = writeAd(world, { adId, changeType: 'bid', valueMinor: 55 });
    world = writeAd(world, { adId, changeType: 'status', value: 'paused' });
    expect(readAd(world, adId)).toEqual({
      adId,
      status: 'paused',
      dailyBudgetMinor: 4321,
      lifetimeBudgetMinor: null,
      bidMinor: 55,
    });
    expect(world.ads.slice(1)).toEqual(fresh().ads.slice(1));
  });

  it('delivers the same whatever the bid', () => {
    const adId = fresh().ads[0]?.adId ?? '';
    const bidden = writeAd(fresh(), { adId, changeType: 'bid', valueMinor: 1 });
    expect(observe(advanceWorld(bidden, START + 2 * DAY_MS))).toEqual(
      observe(advanceWorld(fresh(), START + 2 * DAY_MS)),
    );
  });

  it('refuses unknown ads, amounts that are none and changes to archived ads', () => {
    const adId = fresh().ads[0]?.adId ?? '';
    const write = (valueMinor: number): unknown =>
      writeAd(fresh(), { adId, changeType: 'budget', valueMinor });
    expect(() => readAd(fresh(), '1')).toThrow(PlatformError);
    expect(() => write(-1)).toThrow(PlatformError);
    expect(() => write(1.5)).toThrow(PlatformError);
    const archived = writeAd(fresh(), { adId, changeType: 'status', value: 'archived' });
    expect(() => writeAd(archived, { adId, changeType: 'status', value: 'active' })).toThrow(
      PlatformError,
    );
    expect(writeAd(archived, { adId, changeType: 'status', value: 'archived' })).toEqual(archived);
  });
});
