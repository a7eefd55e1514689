import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AdEventRow } from '../../metrics/index.js';
import { SeededRandom } from '../../shared/random.js';
import type { DriftRecord } from '../belief/forget.js';
import { driftsOfArms } from './drifts-of-arms.js';
import { minutesByAd, type Minute } from './minutes.js';
import { scanMinutes } from './scan.js';
import { newScan } from './scan-state.js';
import { addMinutes, newTrail, scanTrail } from './trail.js';

const HOUR = 3_600_000;

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
          { minute: 0, lastAt: 5000, impressions: 30, clicks: 0 },
          { minute: 1, lastAt: 70_000, impressions: 50, clicks: 2 },
        ],
      ],
    ]);
  });

  it('counts what happens on a boundary to the minute that ends there', () => {
    expect(minutesByAd([told('click', 120, 1)]).get('a')).toMatchObject([{ minute: 1 }]);
  });
});

const minute = (hours: number, impressions: number, clicks: number): Minute => ({
  ...{ minute: hours * 60, lastAt: hours * HOUR },
  ...{ impressions, clicks },
});

describe('impressions and clicks', () => {
  it('wait for each other', () => {
    const first = scanMinutes(newScan(), [minute(1, 5000, 0)]);
    expect([first.waiting?.impressions, first.detector.segments]).toEqual([5000, []]);
    const { waiting, detector } = scanMinutes(first, [minute(2, 0, 200)]);
    expect(waiting).toBeNull();
    expect(detector.segments).toEqual([{ since: HOUR, impressions: 5000, clicks: 200 }]);
  });

  it('are no rate where impressions are never told', () => {
    const clicks = Array.from({ length: 100 }, (_, hour) => minute(hour, 0, 40));
    expect(scanMinutes(newScan(), clicks).detector.segments).toEqual([]);
  });
});

function inOrderOf(random: SeededRandom, events: readonly AdEventRow[]): AdEventRow[] {
  return events
    .map((event) => ({ event, key: random.uniform() }))
    .sort((left, right) => left.key - right.key)
    .map(({ event }) => event);
}

const scanned = (events: readonly AdEventRow[]) =>
  scanMinutes(newScan(), minutesByAd(events).get('a') ?? []).found;

const pair = (seconds: number, impressions: number, clicks: number) => [
  told('impression', seconds, impressions),
  ...(clicks > 0 ? [told('click', seconds, clicks)] : []),
];

describe('an ad told in order', () => {
  const hourly = (seed: number, hours: number, rate: (hour: number) => number) => {
    const random = new SeededRandom(seed);
    return Array.from({ length: hours }, (_, hour) =>
      pair(hour * 3600, 50, random.binomial(50, rate(hour))),
    ).flat();
  };

  it('that falls from 4 % to 2 % is found within as many impressions as came before', () => {
    const runs = Array.from({ length: 40 }, (_, seed) =>
      scanned(hourly(seed + 1, 160, (hour) => (hour < 80 ? 0.04 : 0.02))),
    );
    const found = runs.filter((run) => run.some(({ detectedAt }) => detectedAt >= 80 * HOUR));
    expect(found.length).toBeGreaterThanOrEqual(36);
  });

  it('in batches of a thousand, clicks a moment later, is found as well', () => {
    const runs = Array.from({ length: 40 }, (_, seed) => {
      const random = new SeededRandom(seed + 1);
      return scanned(
        Array.from({ length: 8 }, (__, batch) => [
          told('impression', batch * 3600, 1000),
          told('click', batch * 3600 + 1, random.binomial(1000, batch < 4 ? 0.04 : 0.02)),
        ]).flat(),
      );
    });
    const found = runs.filter((run) => run.some(({ detectedAt }) => detectedAt >= 4 * HOUR));
    expect(found.length).toBeGreaterThanOrEqual(34);
  });

  it('and stays as it is keeps at most one alarm in forty times ten thousand', () => {
    const runs = Array.from({ length: 40 }, (_, seed) =>
      scanned(hourly(seed + 1, 200, () => 0.04)),
    );
    expect(runs.flat().length).toBeLessThanOrEqual(1);
  });

  it('is found to have lost its clicks, after a day without any', () => {
    const steady = [0, 1, 2, 3, 4].map((minutes) => pair(minutes * 60, 1000, 40));
    const silent = [30, 40, 60].map((hours) => pair(hours * 3600, 1000, 0));
    const found = scanned([...steady, ...silent].flat());
    expect(found).toMatchObject([{ before: 0.04, after: 0, detectedAt: 60 * HOUR }]);
  });

  it('in clumps, as people click, is not taken for one that changes', () => {
    const runs = Array.from({ length: 20 }, (_, seed) => {
      const random = new SeededRandom(seed + 1);
      return scanned(
        Array.from({ length: 300 }, (__, hour) =>
          pair(hour * 3600, 400, 5 * random.binomial(80, 0.04)),
        ).flat(),
      );
    });
    expect(runs.flat().length).toBeLessThanOrEqual(2);
  });
});

describe('a stationary ad told out of order', () => {
  /**
   * Blocks of impressions over twenty days and their clicks, 4 % of them, as events of their own,
   * in requests of up to so many.
   */
  function requests(random: SeededRandom, size: number): AdEventRow[][] {
    const stream = Array.from({ length: 300 }, () => {
      const seconds = random.uniform() * 20 * 86_400;
      const impressions = 100 + Math.floor(random.uniform() * 200);
      return pair(seconds, impressions, random.binomial(impressions, 0.04));
    }).flat();
    const shuffled = inOrderOf(random, stream);
    const cut: AdEventRow[][] = [];
    while (shuffled.length > 0) {
      cut.push(shuffled.splice(0, 1 + Math.floor(random.uniform() * size)));
    }
    return cut;
  }

  it.each([60, 300])('in requests of up to %d events is hardly ever suspected', (size) => {
    let [looks, suspected, kept] = [0, 0, 0];
    for (let seed = 1; seed <= 20; seed += 1) {
      const told: AdEventRow[] = [];
      for (const events of requests(new SeededRandom(seed), size)) {
        told.push(...events);
        looks += 1;
        suspected += scanned(told).length > 0 ? 1 : 0;
      }
      kept += scanned(told).length;
    }
    expect(suspected / looks).toBeLessThan(0.03);
    expect(kept).toBe(0);
  });
});

describe('the drifts of a stream', () => {
  const falls = (seed: number) => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 300 }, (_, step) =>
      pair(step * 600, 50, random.binomial(50, step < 150 ? 0.04 : 0.015)),
    ).flat();
  };

  it('are the same in whatever order, requests and processes it is told', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.integer({ min: 1, max: 120 }),
        (seed, order, size) => {
          const events = falls(seed);
          const shuffled = inOrderOf(new SeededRandom(order), events);
          const trail = newTrail(null, [], []);
          while (shuffled.length > 0) {
            addMinutes(trail, minutesByAd(shuffled.splice(0, size)).get('a') ?? []);
            scanTrail(trail);
          }
          expect(scanTrail(trail)).toEqual(scanned(events));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are the same whether scanned in one go or through checkpoints kept as JSON', () => {
    const minutes = minutesByAd(falls(3)).get('a') ?? [];
    const inOne = scanMinutes(newScan(), minutes);
    expect(inOne.found).toHaveLength(1);
    for (const cut of [1, 100, 160, 290]) {
      const first = scanMinutes(newScan(), minutes.slice(0, cut));
      const kept = JSON.parse(JSON.stringify(first)) as typeof first;
      expect(scanMinutes(kept, minutes.slice(cut))).toEqual(inOne);
    }
  });

  it('say what the cohort of the change had seen before it', () => {
    const minutes = minutesByAd(falls(3)).get('a') ?? [];
    const [drift] = scanMinutes(newScan(), minutes).found;
    const start = Math.floor((drift?.since ?? 0) / (6 * HOUR)) * 6 * HOUR;
    const before = minutes.filter(
      (one) => one.minute * 60_000 >= start && one.minute * 60_000 < (drift?.since ?? 0),
    );
    expect(drift?.cohort).toEqual({
      impressions: before.reduce((sum, { impressions }) => sum + impressions, 0),
      clicks: before.reduce((sum, { clicks }) => sum + clicks, 0),
    });
  });

  it('are taken back when later events disprove them', () => {
    const random = new SeededRandom(1);
    const steady = Array.from({ length: 400 }, (_, step) =>
      pair(step * 600, 50, random.binomial(50, 0.04)),
    ).flat();
    const [from, until] = [150 * 600, 230 * 600];
    const silent = steady.filter(
      ({ type, occurredAt }) =>
        type === 'impression' ||
        occurredAt.getTime() < from * 1000 ||
        occurredAt.getTime() > until * 1000,
    );
    expect(scanned(silent).length).toBeGreaterThan(0);
    // The clicks that were on their way come in.
    expect(scanned(steady)).toEqual([]);
  });

  it('cost as much after years of clicks: milliseconds, and kilobytes of a checkpoint', () => {
    const random = new SeededRandom(5);
    const minutes = Array.from({ length: 60_000 }, (_, minute) => ({
      ...{ minute, lastAt: minute * 60_000, impressions: 25 },
      clicks: random.binomial(25, 0.04),
    }));
    const scan = scanMinutes(newScan(), minutes);
    expect(scan.found).toEqual([]);
    expect(JSON.stringify(scan).length).toBeLessThan(64_000);
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
