import { describe, expect, it } from '@jest/globals';
import type { AdEventRow } from '../../metrics/index.js';
import {
  minutesByAd,
  newPairing,
  observeMinutes,
  pairMinutes,
  type AdPairing,
  type Minute,
} from './ad-watch.js';
import { driftsOfArms } from './drifts-of-arms.js';
import type { DriftRecord } from './forget.js';
import { newDriftState, type DriftState } from './observe-epoch.js';

const HOUR = 3_600_000;

interface AdWatch extends AdPairing {
  detector: DriftState;
}
const newAdWatch = (): AdWatch => ({ ...newPairing(), detector: newDriftState() });

/** One request after the other, as an ad sees them. */
function watchMinutes({ detector: before, ...known }: AdWatch, minutes: Minute[]) {
  const { pairing, paired } = pairMinutes(known, minutes);
  const { detector, drifts } = observeMinutes(before, paired);
  return { watch: { ...pairing, detector }, drifts };
}

const minute = (hours: number, impressions: number, clicks: number): Minute => ({
  ...{ since: hours * HOUR, until: hours * HOUR },
  ...{ impressions, clicks },
});

function told(type: AdEventRow['type'], seconds: number, count: number): AdEventRow {
  return {
    ...{ adId: 'a', type, count, occurredAt: new Date(seconds * 1000), eventId: 'e' },
    ...{ eventDigest: '', valueMinor: null, stage: null, clickId: null, clickedAt: null },
    features: null,
  };
}

describe('minutesByAd', () => {
  it('adds up minutes in ascending order and leaves conversions out', () => {
    const events = [
      told('click', 70, 2),
      told('impression', 65, 50),
      told('impression', 5, 30),
      told('conversion', 5, 1),
    ];
    expect([...minutesByAd(events)]).toEqual([
      [
        'a',
        [
          { since: 5000, until: 5000, impressions: 30, clicks: 0 },
          { since: 65_000, until: 70_000, impressions: 50, clicks: 2 },
        ],
      ],
    ]);
  });

  it('takes impressions without clicks as one', () => {
    const events = [told('impression', 5, 30), told('impression', 65, 50)];
    expect(minutesByAd(events).get('a')).toEqual([
      { since: 5000, until: 65_000, impressions: 80, clicks: 0 },
    ]);
  });
});

describe('watchMinutes', () => {
  it('lets impressions wait for their clicks, and clicks for their impressions', () => {
    const first = watchMinutes(newAdWatch(), [minute(1, 5000, 0)]).watch;
    expect([first.waiting?.impressions, first.detector.segments]).toEqual([5000, []]);
    const { waiting, detector } = watchMinutes(first, [minute(2, 0, 200)]).watch;
    expect(waiting).toBeNull();
    expect(detector.segments).toEqual([{ since: HOUR, impressions: 5000, clicks: 200 }]);
  });

  it('sees clicks that stop, after a day without any', () => {
    let { watch } = watchMinutes(newAdWatch(), [minute(1, 5000, 200)]);
    const found = [30, 40, 60].flatMap((hours) => {
      const step = watchMinutes(watch, [minute(hours, 1000, 0)]);
      watch = step.watch;
      return step.drifts;
    });
    expect(found).toMatchObject([{ before: 0.04, after: 0, detectedAt: 60 * HOUR }]);
  });

  it('knows no rate where impressions are never told', () => {
    const clicks = Array.from({ length: 100 }, (_, hour) => minute(hour, 0, 40));
    const { watch, drifts } = watchMinutes(newAdWatch(), clicks);
    expect([drifts, watch.detector.segments]).toEqual([[], []]);
  });

  it('does not watch what is more than a day older than the newest', () => {
    const { watch } = watchMinutes(newAdWatch(), [minute(100, 5000, 200)]);
    expect(watchMinutes(watch, [minute(70, 5000, 20)])).toEqual({ watch, drifts: [] });
  });
});

describe('driftsOfArms', () => {
  it('lets a shared arm forget in proportion to the part of the ad', () => {
    const arms = new Map([
      ['own', { armId: 'own', share: 1 }],
      ['part', { armId: 'set', share: 0.25 }],
    ]);
    const drifts = ['own', 'part', 'gone'].map((adId): DriftRecord => ({
      adId,
      at: 5,
      keep: 0.2,
      rate: 'ctr',
    }));
    expect(driftsOfArms(drifts, (adId) => arms.get(adId) ?? null)).toEqual([
      { adId: 'own', at: 5, keep: 0.2, rate: 'ctr' },
      { adId: 'set', at: 5, keep: 0.8, rate: 'ctr' },
    ]);
  });
});
