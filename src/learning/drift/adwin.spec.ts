import { describe, expect, it } from '@jest/globals';
import mt19937 from '@stdlib/random-base-mt19937';
import { SeededRandom } from '../../shared/random.js';
import { adwinMean, newAdwin, observeValue } from './adwin.js';

function detections(stream: readonly number[]): number[] {
  let state = newAdwin();
  return stream.flatMap((value, index) => {
    const { state: next, cut } = observeValue(state, value);
    state = next;
    return cut ? [index] : [];
  });
}

/** Words of the Mersenne Twister as NumPy's legacy `randint` masks them for powers of two. */
function numpyStream(): number[] {
  const word = mt19937.factory({ seed: 12345 });
  const masked = (mask: number) => Array.from({ length: 1000 }, () => word() & mask);
  return [...masked(1), ...masked(7)];
}

/** CPython's `Random(42).choices`; its one-word seed array stands here as two equivalent words. */
function pythonStream(): number[] {
  const source = mt19937.factory({ seed: [42, 41] }) as unknown as { normalized: () => number };
  const choices = (from: number, count: number) =>
    Array.from({ length: 1000 }, () => from + Math.floor(source.normalized() * count));
  return [...choices(0, 2), ...choices(4, 4), ...choices(0, 2), ...choices(4, 4)];
}

describe('ADWIN', () => {
  it("finds the change of river's canonical stream where river finds it", () => {
    expect(detections(numpyStream())).toEqual([1023]);
  });

  it("finds the three changes of river's longer stream where river finds them", () => {
    expect(detections(pythonStream())).toEqual([1023, 2015, 3007]);
  });

  it('reports a fall as well as a rise, with both means', () => {
    const random = new SeededRandom(5);
    let state = newAdwin();
    for (let index = 0; index < 2000; index += 1) {
      const step = observeValue(state, random.normal(index < 1000 ? 1 : -1, 1));
      state = step.state;
      if (!step.cut) continue;
      expect(index).toBeGreaterThan(1000);
      expect(index).toBeLessThan(1100);
      expect(step.cut.before).toBeGreaterThan(0.5);
      expect(step.cut.after).toBeLessThan(step.cut.before);
      return;
    }
    throw new Error('no cut');
  });

  it('raises at most two alarms on forty stationary streams of ten thousand', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = new SeededRandom(seed);
      const stream = Array.from({ length: 10_000 }, () => (random.uniform() < 0.04 ? 1 : 0));
      alarms += detections(stream).length;
    }
    expect(alarms).toBeLessThanOrEqual(2);
  });

  it('keeps the exact mean and squared deviations of its window, and survives JSON', () => {
    const random = new SeededRandom(3);
    const values = Array.from({ length: 500 }, () => random.normal(5, 2));
    let state = newAdwin();
    for (const value of values) {
      state = (JSON.parse(JSON.stringify(observeValue(state, value))) as { state: typeof state })
        .state;
    }
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
    expect(state.width).toBe(500);
    expect(adwinMean(state)).toBeCloseTo(mean, 9);
    expect(state.deviation).toBeCloseTo(squares, 6);
    // Memory is logarithmic: five buckets a row.
    expect(state.rows.flat().length).toBeLessThan(40);
  });

  it('leaves the state it was given alone', () => {
    const state = newAdwin();
    observeValue(state, 1);
    expect(state).toEqual(newAdwin());
  });
});
