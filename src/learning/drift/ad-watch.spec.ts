import { describe, expect, it } from '@jest/globals';
import type { AdEventRow } from '../../metrics/index.js';
import { SeededRandom } from '../../shared/random.js';
import {
  afterVerdict,
  newPairing,
  observeMinutes,
  pairMinutes,
  type FoundDrift,
} from './ad-watch.js';
import { minutesByAd, type Minute } from './minutes.js';
import { driftsOfArms } from './drifts-of-arms.js';
import type { DriftRecord } from '../belief/forget.js';
import { judge } from './judge.js';
import { newDriftState } from './observe-epoch.js';

const HOUR = 3_600_000;

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

describe('an ad as it is told of', () => {
  it('lets impressions wait for their clicks, and clicks for their impressions', () => {
    const first = pairMinutes(newPairing(), [minute(1, 5000, 0)]);
    expect([first.pairing.waiting?.impressions, first.paired]).toEqual([5000, []]);
    const { pairing, paired } = pairMinutes(first.pairing, [minute(2, 0, 200)]);
    expect([pairing.waiting, pairing.isStarted]).toEqual([null, true]);
    const { detector } = observeMinutes(newDriftState(), paired);
    expect(detector.segments).toEqual([{ since: HOUR, impressions: 5000, clicks: 200 }]);
  });

  it('knows no rate where impressions are never told', () => {
    const clicks = Array.from({ length: 100 }, (_, hour) => minute(hour, 0, 40));
    expect(pairMinutes(newPairing(), clicks).paired).toEqual([]);
  });

  it('does not watch what is more than a day older than the newest', () => {
    const { pairing } = pairMinutes(newPairing(), [minute(100, 5000, 200)]);
    expect(pairMinutes(pairing, [minute(70, 5000, 20)])).toEqual({ pairing, paired: [] });
  });
});

/**
 * As the service does it: every request stored, watched, and each suspicion tried on what is
 * stored.
 */
function drifts(requests: readonly AdEventRow[][]): FoundDrift[] {
  const found: FoundDrift[] = [];
  const stored: AdEventRow[] = [];
  let pairing = newPairing();
  let detector = newDriftState();
  for (const events of requests) {
    stored.push(...events);
    const told = pairMinutes(pairing, minutesByAd(events).get('a') ?? []);
    pairing = told.pairing;
    let step = observeMinutes(detector, told.paired);
    while (step.suspicion) {
      const { newestAt } = pairing;
      const counts = timed(stored, step.detector.regimeSince ?? 0, newestAt);
      const tried = afterVerdict(step.detector, newestAt, judge(counts, step.suspicion));
      if (tried.drift) found.push(tried.drift);
      step = observeMinutes(tried.detector, step.rest);
    }
    detector = step.detector;
  }
  return found;
}

function timed(stored: readonly AdEventRow[], from: number, until: number) {
  const counts = new Map<number, { at: number; impressions: number; clicks: number }>();
  for (const { occurredAt, type, count } of stored) {
    const at = occurredAt.getTime();
    if (at < from || at > until) continue;
    const sum = counts.get(at) ?? { at, impressions: 0, clicks: 0 };
    counts.set(at, sum);
    sum[type === 'click' ? 'clicks' : 'impressions'] += count;
  }
  return [...counts.values()].sort((left, right) => left.at - right.at);
}

const pair = (seconds: number, impressions: number, clicks: number) => [
  told('impression', seconds, impressions),
  ...(clicks > 0 ? [told('click', seconds, clicks)] : []),
];

describe('an ad told in order', () => {
  const hourly = (seed: number, hours: number, rate: (hour: number) => number) => {
    const random = new SeededRandom(seed);
    return Array.from({ length: hours }, (_, hour) =>
      pair(hour * 3600, 50, random.binomial(50, rate(hour))),
    );
  };

  it('that falls from 4 % to 2 % is found within as many impressions as came before', () => {
    const runs = Array.from({ length: 40 }, (_, seed) =>
      drifts(hourly(seed + 1, 160, (hour) => (hour < 80 ? 0.04 : 0.02))),
    );
    const found = runs.filter((run) => run.some(({ detectedAt }) => detectedAt >= 80 * HOUR));
    expect(found.length).toBeGreaterThanOrEqual(36);
  });

  it('in batches of a thousand, clicks a moment later, is found as well', () => {
    const runs = Array.from({ length: 40 }, (_, seed) => {
      const random = new SeededRandom(seed + 1);
      return drifts(
        Array.from({ length: 8 }, (__, batch) => [
          told('impression', batch * 3600, 1000),
          told('click', batch * 3600 + 1, random.binomial(1000, batch < 4 ? 0.04 : 0.02)),
        ]),
      );
    });
    const found = runs.filter((run) => run.some(({ detectedAt }) => detectedAt >= 4 * HOUR));
    expect(found.length).toBeGreaterThanOrEqual(34);
  });

  it('and stays as it is raises at most two alarms in forty times ten thousand', () => {
    const runs = Array.from({ length: 40 }, (_, seed) => drifts(hourly(seed + 1, 200, () => 0.04)));
    expect(runs.flat().length).toBeLessThanOrEqual(2);
  });

  it('is found to have lost its clicks, after a day without any', () => {
    const steady = [0, 1, 2, 3, 4].map((seconds) => pair(seconds, 1000, 40));
    const silent = [30, 40, 60].map((hours) => pair(hours * 3600, 1000, 0));
    const found = drifts([...steady, ...silent]);
    expect(found).toMatchObject([{ before: 0.04, after: 0, detectedAt: 60 * HOUR }]);
  });

  it('in clumps, as people click, is not taken for one that changes', () => {
    const runs = Array.from({ length: 20 }, (_, seed) => {
      const random = new SeededRandom(seed + 1);
      return drifts(
        Array.from({ length: 300 }, (__, hour) =>
          pair(hour * 3600, 400, 5 * random.binomial(80, 0.04)),
        ),
      );
    });
    expect(runs.flat().length).toBeLessThanOrEqual(2);
  });
});

describe('a stationary ad told out of order', () => {
  /**
   * Blocks of impressions over twenty days and their clicks, 4 % of them, as events of their own.
   */
  function stream(random: SeededRandom): AdEventRow[] {
    return Array.from({ length: 300 }, () => {
      const seconds = random.uniform() * 20 * 86_400;
      const impressions = 100 + Math.floor(random.uniform() * 200);
      return pair(seconds, impressions, random.binomial(impressions, 0.04));
    }).flat();
  }

  it.each([1, 10, 60, 300])('raises next to nothing in requests of up to %d events', (size) => {
    let found = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = new SeededRandom(seed);
      const shuffled = stream(random)
        .map((event) => ({ event, key: random.uniform() }))
        .sort((left, right) => left.key - right.key)
        .map(({ event }) => event);
      const requests: AdEventRow[][] = [];
      while (shuffled.length > 0) {
        requests.push(shuffled.splice(0, 1 + Math.floor(random.uniform() * size)));
      }
      found += drifts(requests).length;
    }
    expect(found).toBeLessThanOrEqual(2);
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
