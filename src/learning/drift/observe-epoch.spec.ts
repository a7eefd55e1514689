import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeededRandom } from '../../shared/random.js';
import { keepAfter, newDriftState, observeEpoch, type Drift } from './observe-epoch.js';

const EPOCH = 50;

/** Drifts of a stream whose click rate at impression i is `rate(i)`, expected at `believed`. */
function drifts(
  seed: number,
  impressions: number,
  rate: (index: number) => number,
  believed = rate(0),
): (Drift & { index: number })[] {
  const random = new SeededRandom(seed);
  const found: (Drift & { index: number })[] = [];
  let state = newDriftState();
  for (let index = 0; index < impressions; index += EPOCH) {
    const clicks = random.binomial(EPOCH, rate(index));
    const expected = EPOCH * believed;
    const step = observeEpoch(state, { at: index, clicks, impressions: EPOCH, expected });
    state = step.state;
    if (step.drift) found.push({ index, ...step.drift });
  }
  return found;
}

const halved = (index: number) => (index < 4000 ? 0.04 : 0.02);

describe('observeEpoch', () => {
  it('finds a click rate that fell from 4 % to 2 % within as many impressions as came before', () => {
    const runs = Array.from({ length: 40 }, (_, seed) => drifts(seed + 1, 8000, halved));
    const found = runs.filter((run) => run.some(({ index }) => index >= 4000));
    expect(found.length).toBeGreaterThanOrEqual(36);
  });

  it('says what changed, about when, and how little of the old evidence still counts', () => {
    const [drift] = drifts(7, 8000, halved);
    expect(drift?.index).toBeLessThan(8000);
    expect(Math.abs((drift?.since ?? 0) - 4000)).toBeLessThan(1000);
    expect(drift?.before ?? 0).toBeGreaterThan(0.03);
    expect(drift?.after ?? 1).toBeLessThan(0.03);
    expect(drift?.keep ?? 1).toBeLessThan(0.1);
  });

  it('suspects at most four of forty stationary streams of ten thousand', () => {
    const runs = Array.from({ length: 40 }, (_, seed) => drifts(seed + 1, 10_000, () => 0.04));
    expect(runs.flat().length).toBeLessThanOrEqual(4);
  });

  it('finds a rise of frequent clicks soon', () => {
    const runs = Array.from({ length: 20 }, (_, seed) =>
      drifts(seed + 1, 8000, (index) => (index < 4000 ? 0.1 : 0.2)),
    );
    for (const run of runs) expect(run[0]?.index).toBeLessThan(5000);
  });

  it('does not take a wrong prior for a drift of the ad', () => {
    // The belief began at a quarter of the truth and learns as a Gamma posterior of strength 25.
    let alarms = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = new SeededRandom(seed);
      let state = newDriftState();
      let [shape, rate] = [25, 2500];
      for (let index = 0; index < 10_000; index += EPOCH) {
        const clicks = random.binomial(EPOCH, 0.04);
        const expected = (EPOCH * shape) / rate;
        const step = observeEpoch(state, { at: index, clicks, impressions: EPOCH, expected });
        state = step.state;
        alarms += step.drift ? 1 : 0;
        [shape, rate] = [shape + clicks, rate + EPOCH];
      }
    }
    expect(alarms).toBeLessThanOrEqual(1);
  });

  it('leaves a change too small to matter alone, however certain', () => {
    const random = new SeededRandom(2);
    let state = newDriftState();
    for (let index = 0; index < 400; index += 1) {
      const clicks = random.binomial(20_000, index < 200 ? 0.05 : 0.055);
      const epoch = { at: index, clicks, impressions: 20_000, expected: 1000 };
      const step = observeEpoch(state, epoch);
      expect(step.drift).toBeNull();
      state = step.state;
    }
  });

  it('is the same through JSON after every epoch, small for ever, and begins anew after a drift', () => {
    const random = new SeededRandom(11);
    let state = newDriftState();
    let copy = newDriftState();
    let alarms = 0;
    for (let index = 0; index < 30_000; index += 25) {
      const clicks = random.binomial(25, index < 20_000 ? 0.05 : 0.01);
      const epoch = { at: index, clicks, impressions: 25, expected: 1.25 };
      const step = observeEpoch(state, epoch);
      state = step.state;
      alarms += step.drift ? 1 : 0;
      copy = observeEpoch(JSON.parse(JSON.stringify(copy)) as typeof copy, epoch).state;
    }
    expect(copy).toEqual(state);
    expect(alarms).toBe(1);
    expect(JSON.stringify(state).length).toBeLessThan(8000);
  });

  it('stays finite for any counts, clicks without impressions included', () => {
    const epoch = fc.record({
      at: fc.nat(1_000_000),
      clicks: fc.nat(500),
      impressions: fc.nat(500),
      expected: fc.double({ min: 0, max: 500, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(epoch, { maxLength: 60 }), (epochs) => {
        let state = newDriftState();
        for (const one of epochs) {
          const step = observeEpoch(state, one);
          state = step.state;
          if (!step.drift) continue;
          const { before, after, keep } = step.drift;
          expect([before, after, keep].every(Number.isFinite)).toBe(true);
          expect(keep > 0 && keep <= 1).toBe(true);
        }
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });
});

describe('keepAfter', () => {
  it('keeps what a jump of that size leaves certain: 1/δ² clicks', () => {
    expect(keepAfter(0.04, 0.02, 160)).toBeCloseTo(1 / (Math.LN2 ** 2 * 160), 9);
    expect(keepAfter(0.02, 0.04, 160)).toBeCloseTo(1 / (Math.LN2 ** 2 * 160), 9);
  });

  it('keeps all without a change, and never more than all', () => {
    expect(keepAfter(0.02, 0.02, 100)).toBe(1);
    expect(keepAfter(0.02, 0.0201, 1)).toBe(1);
  });

  it('takes clicks that stopped for a small rate and not for an infinite jump', () => {
    const keep = keepAfter(0.02, 0, 100);
    expect(keep).toBeGreaterThan(0);
    expect(keep).toBeLessThan(0.01);
  });
});
