import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AdEventRow } from '../../metrics/index.js';
import { SeededRandom } from '../../shared/random.js';
import { BIAS_SLOT, readFeatures, type Feature } from './features.js';
import { FTRL, stepped, weightOf } from './ftrl.js';
import { learnEvents, readings } from './learn-events.js';
import { OnlineModel, biasOf, type Lesson } from './online-model.js';
import { calibrationOf } from './tally.js';

describe('FTRL-Proximal', () => {
  it('makes the steps of algorithm 1', () => {
    // By hand, α = .1, β = 1, λ1 = 0, λ2 = 1: g = .5, then g = −.2.
    const first = stepped({ z: 0, n: 0 }, 0.5);
    expect(first).toEqual({ z: 0.5, n: 0.25 });
    expect(weightOf(first)).toBeCloseTo(-0.5 / (1.5 / 0.1 + 1), 12);
    const second = stepped(first, -0.2);
    const sigma = (Math.sqrt(0.29) - 0.5) / FTRL.alpha;
    expect(second.n).toBeCloseTo(0.29, 12);
    expect(second.z).toBeCloseTo(0.5 - 0.2 + (sigma * 0.5) / 16, 12);
  });
});

const model = () => new OnlineModel(new Map(), null);
const features = (given: Record<string, number | string>) => readFeatures('ad', given).features;

describe('a late conversion', () => {
  it('takes the place of the unconverted click: nothing is counted twice', () => {
    const late = model();
    const click = late.learnClick(features({ device: 'mobile' }), 1, true);
    expect([click.prediction, click.units, click.positives]).toEqual([
      expect.closeTo(0.02, 12),
      1,
      0,
    ]);
    const conversion = late.learnLateConversion(features({}), click, 1);
    expect(click.positives).toBe(1);
    expect(conversion.loss).toBeCloseTo(-Math.log(conversion.prediction), 12);
    const bias = late.slots.get(BIAS_SLOT);
    const atOnce = model();
    atOnce.learnConversion(features({ device: 'mobile' }), 1);
    // The same sum of gradients but for the small steps in between.
    expect(bias?.z).toBeCloseTo(atOnce.slots.get(BIAS_SLOT)?.z ?? NaN, 2);
    expect(late.tally).toMatchObject({ clicks: 1, conversions: 1, openClicks: 0 });

    const settled = late.predict(features({ device: 'mobile' }));
    const again = late.learnLateConversion(features({ device: 'mobile' }), click, 1);
    expect(again.units).toBe(0);
    expect(late.predict(features({ device: 'mobile' }))).toBe(settled);
  });

  it('without a click id uses up a click that came without one', () => {
    const anonymous = model();
    anonymous.learnClick(features({}), 3, false);
    anonymous.learnConversion(features({}), 2);
    expect(anonymous.tally).toMatchObject({ clicks: 3, conversions: 2, openClicks: 1 });
    anonymous.learnConversion(features({}), 2);
    expect(anonymous.tally).toMatchObject({ clicks: 4, conversions: 4, openClicks: 0 });
  });

  it('that came before its click leaves nothing for the click to teach', () => {
    const early = model();
    early.learnConversion(features({}), 1);
    const before = early.predict(features({}));
    const click = early.learnClick(features({}), 1, true, 1);
    expect(early.predict(features({}))).toBe(before);
    expect(click).toMatchObject({ units: 1, positives: 1 });
    expect(early.tally.clicks).toBe(1);
  });
});

describe('on a stream with a planted signal', () => {
  const TRUTH = { mobile: -0.8, desktop: 0.9, hour: 0 };
  const random = new SeededRandom(21);
  const stream = Array.from({ length: 30_000 }, (_, index) => {
    const device = random.uniform() < 0.5 ? 'mobile' : 'desktop';
    const age = random.uniform() * 60;
    const given = { device, age, session: `s${Math.floor(random.uniform() * 10_000)}` };
    const score = -3.2 + TRUTH[device] + 0.6 * (Math.log1p(age) / 7);
    const converts = random.uniform() < 1 / (1 + Math.exp(-score));
    const lag = Math.floor(random.uniform() * 2000);
    return { index, features: features(given), converts, due: index + lag };
  });

  it('finds the signs and beats the base rate and plain SGD, conversions arriving late', () => {
    const online = model();
    const rates = [0.01, 0.03, 0.1];
    const sgds = rates.map(plainSgd);
    const due = new Map<number, { lesson: Lesson; features: Feature[]; sgd: (() => void)[] }[]>();
    let known = 0;
    const losses = { ftrl: 0, sgd: rates.map(() => 0), base: 0 };
    for (const click of stream) {
      for (const late of due.get(click.index) ?? []) {
        online.learnLateConversion(late.features, late.lesson, 1);
        for (const turnAround of late.sgd) turnAround();
        known += 1;
      }
      const loss = (p: number) => -Math.log(click.converts ? p : 1 - p);
      losses.base += loss((known + 1) / (click.index + 50));
      losses.ftrl += loss(online.predict(click.features));
      sgds.forEach((sgd, index) => {
        losses.sgd[index] = (losses.sgd[index] ?? 0) + loss(sgd.predict(click.features));
      });
      const lesson = online.learnClick(click.features, 1, true);
      const undo = sgds.map((sgd) => sgd.learnClick(click.features));
      if (!click.converts) continue;
      const waiting = due.get(click.due) ?? [];
      due.set(click.due, [...waiting, { lesson, features: click.features, sgd: undo }]);
    }
    const weight = (name: string) =>
      weightOf([...online.slots.values()].find((slot) => slot.name === name) ?? { z: 0, n: 0 });
    expect(weight('device=mobile')).toBeLessThan(-0.2);
    expect(weight('device=desktop')).toBeGreaterThan(0.2);
    expect(losses.ftrl).toBeLessThan(0.985 * losses.base);
    expect(losses.ftrl).toBeLessThan(Math.min(...losses.sgd));
    // The last 2000 clicks may still convert, so a little more is predicted than seen.
    const { ratio, log_loss, base_rate_log_loss } = calibrationOf(online.tally);
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.15);
    expect(log_loss).toBeLessThan(base_rate_log_loss ?? 0);
    // Ten thousand sessions share the fixed table.
    expect(online.slots.size).toBeLessThanOrEqual(8193 + 1);
  });
});

/** Logistic regression by constant steps, as it is written first. */
function plainSgd(rate: number) {
  const weights = new Map<number, number>();
  const predict = (read: readonly Feature[]) => {
    const score = read.reduce((sum, { slot, x }) => sum + (weights.get(slot) ?? 0) * x, -3.89);
    return 1 / (1 + Math.exp(-score));
  };
  const step = (read: readonly Feature[], gradient: number) => {
    for (const { slot, x } of read) {
      weights.set(slot, (weights.get(slot) ?? 0) - rate * gradient * x);
    }
  };
  return {
    predict,
    learnClick: (read: readonly Feature[]) => {
      const p = predict(read);
      step(read, p);
      return () => {
        step(read, -p);
        step(read, predict(read) - 1);
      };
    },
  };
}

describe('features', () => {
  it('are bounded and what is unusable is counted, for anything a caller may send', () => {
    const read = readFeatures('ad', {
      ...{ empty: null, far: 1e308, near: -34, text: 'x'.repeat(5000), ['n'.repeat(900)]: 1 },
    });
    expect([read.dropped, read.clipped]).toEqual([1, 3]);
    expect(read.features.map(({ x }) => Math.abs(x) <= 3)).not.toContain(false);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, i]));
    const cut = readFeatures('ad', many);
    expect(cut.features.length).toBe(66);
    expect(cut.dropped).toBeGreaterThan(400);
    expect(readFeatures('ad', { b: 1, a: 'x' })).toEqual(readFeatures('ad', { a: 'x', b: 1 }));
    expect(readFeatures('ad', { v: NaN, w: Infinity }).dropped).toBe(2);
    expect(readFeatures('ad', { v: 'NaN', w: '-Infinity' })).toMatchObject({
      ...{ dropped: 2, features: [{ name: 'bias' }, { name: 'ad_id=ad' }] },
    });
  });

  it('keep every prediction and weight finite', () => {
    const value = fc.oneof(fc.double(), fc.string(), fc.constant(null));
    const event = fc.record({
      type: fc.constantFrom('click' as const, 'conversion' as const),
      count: fc.integer({ min: 1, max: 1_000_000 }),
      clickId: fc.option(fc.constantFrom('a', 'b', 'c')),
      features: fc.option(fc.dictionary(fc.string(), value, { maxKeys: 5 })),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const online = model();
        const rows = events.map((one, index) => row(index, one));
        const known = { learned: new Map(), convertedBefore: new Map() };
        const { lessons } = learnEvents(online, readings(rows), known);
        for (const { lesson } of lessons) {
          expect(Number.isFinite(lesson.loss) && lesson.loss >= 0).toBe(true);
          expect(lesson.weights.flat().every(Number.isFinite)).toBe(true);
          expect(lesson.positives).toBeLessThanOrEqual(lesson.units);
        }
        expect(Number.isFinite(biasOf(online.slots.get(BIAS_SLOT)))).toBe(true);
        expect(online.tally.openClicks).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 200 },
    );
  });
});

function row(index: number, event: Partial<AdEventRow>): AdEventRow {
  return {
    ...{ eventId: `e${index}`, eventDigest: `d${index}`, adId: 'ad', type: 'click', count: 1 },
    ...{ valueMinor: null, stage: null, occurredAt: new Date(index), clickId: null },
    ...{ clickedAt: null, features: null },
    ...event,
  };
}
