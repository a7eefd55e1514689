// P(conversion | click, features), learned one event at a time. A click is unconverted at first
// (y = 0); a conversion that comes later takes that gradient back and puts y = 1 in its place, so
// that no click is ever counted twice, however late it converts.
import type { Feature } from './features.js';
import { reverted, stepped, weightOf, type Coordinate } from './ftrl.js';
import { emptyTally, tallyClicks, tallyConversions, type Tally } from './tally.js';

/**
 * log-odds of the shipped mean conversion rate of 2 %: what is predicted before anything is known.
 */
const OFFSET = Math.log(0.02 / 0.98);
/** Predictions stay this far from 0 and 1: a log-loss must stay finite. */
const EDGE = 1e-9;
/**
 * A batch of equal clicks is learned in steps, since a rate learned from the first changes the
 * rest.
 */
const STEP_UNITS = 100;
/** More clicks than this in one event teach no more than this many. */
const UNITS_MAX = 10_000;

export interface Slot extends Coordinate {
  /** The first feature that used the slot. */
  name: string;
}

/** What one event did to the model. */
export interface Lesson {
  prediction: number;
  /** Log-loss of the prediction, per unit. */
  loss: number;
  units: number;
  /** Units of a click that have converted. */
  positives: number;
  /** [slot, x, weight before, weight after] */
  weights: [number, number, number, number][];
}

export class OnlineModel {
  readonly tally: Tally;

  /** `slots` holds those that the events to be learned touch; the model changes it in place. */
  constructor(
    readonly slots: Map<number, Slot>,
    tally: Tally | null,
  ) {
    this.tally = tally ?? emptyTally();
  }

  predict(features: readonly Pick<Feature, 'slot' | 'x'>[]): number {
    let score = OFFSET;
    for (const { slot, x } of features) {
      const coordinate = this.slots.get(slot);
      if (coordinate) score += weightOf(coordinate) * x;
    }
    return Math.min(1 - EDGE, Math.max(EDGE, 1 / (1 + Math.exp(-score))));
  }

  /**
   * `converted` of the clicks have their conversion already (it came first) and were counted with
   * it. `named`: the click has an id, so that its conversions will find it.
   */
  learnClick(features: readonly Feature[], count: number, named: boolean, converted = 0): Lesson {
    const units = Math.min(count, UNITS_MAX);
    const positives = Math.min(units, converted);
    const before = this.weightsOf(features);
    const prediction = this.predict(features);
    this.step(features, 0, units - positives);
    tallyClicks(this.tally, prediction, units - positives);
    if (!named) this.tally.openClicks += units;
    const loss = -Math.log1p(-prediction);
    return this.lesson(features, before, { prediction, loss, units, positives });
  }

  /** A conversion of a click that was learned: `click` is its lesson and is brought up to date. */
  learnLateConversion(features: readonly Feature[], click: Lesson, count: number): Lesson {
    const units = Math.min(count, click.units - click.positives);
    const before = this.weightsOf(features);
    const prediction = this.predict(features);
    for (const [slot, x] of click.weights) this.revert(slot, click.prediction * x, units);
    const learned = click.weights.map(([slot, x]) => ({ slot, x }));
    this.step(learned, 1, units);
    tallyConversions(this.tally, click.prediction, units);
    click.positives += units;
    const loss = -Math.log(prediction);
    return this.lesson(features, before, { prediction, loss, units, positives: units });
  }

  /**
   * A conversion whose click is not known by id: it takes the place of one of the clicks that came
   * without an id; when there is none left, click and conversion are learned as one example.
   */
  learnConversion(features: readonly Feature[], count: number): Lesson {
    const units = Math.min(count, UNITS_MAX);
    const before = this.weightsOf(features);
    const prediction = this.predict(features);
    const open = Math.min(units, this.tally.openClicks);
    for (const { slot, x } of features) this.revert(slot, prediction * x, open);
    this.step(features, 1, units);
    this.tally.openClicks -= open;
    tallyClicks(this.tally, prediction, units - open);
    tallyConversions(this.tally, prediction, units);
    const loss = -Math.log(prediction);
    return this.lesson(features, before, { prediction, loss, units, positives: units });
  }

  private step(features: readonly Pick<Feature, 'slot' | 'x'>[], y: 0 | 1, units: number): void {
    for (let done = 0; done < units; done += STEP_UNITS) {
      const times = Math.min(STEP_UNITS, units - done);
      const error = this.predict(features) - y;
      for (const { slot, x } of features) {
        const at = this.slots.get(slot);
        if (at) Object.assign(at, stepped(at, error * x, times));
      }
    }
  }

  private revert(slot: number, gradient: number, times: number): void {
    const at = this.slots.get(slot);
    if (at) Object.assign(at, reverted(at, gradient, times));
  }

  private weightsOf(features: readonly Feature[]): number[] {
    return features.map(({ name, slot }) => {
      const known = this.slots.get(slot);
      if (!known) this.slots.set(slot, { name, z: 0, n: 0 });
      return known ? weightOf(known) : 0;
    });
  }

  private lesson(
    features: readonly Feature[],
    before: readonly number[],
    figures: Omit<Lesson, 'weights'>,
  ): Lesson {
    const weights = features.map(({ slot, x }, index): Lesson['weights'][number] => {
      const at = this.slots.get(slot) as Slot;
      return [slot, x, before[index] ?? 0, weightOf(at)];
    });
    return { ...figures, weights };
  }
}

/** The intercept as people read it: the log-odds of a click of which nothing is known. */
export function biasOf(bias: Coordinate | undefined): number {
  return OFFSET + (bias ? weightOf(bias) : 0);
}
