import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeededRandom } from '../../shared/random.js';
import { fitDelay } from './delay-fit.js';
import { SHIPPED_DELAY } from './delay-shape.js';

/** Conversions seen so far of clicks of the last `days`; later than the window is none. */
function simulate(medianHours: number, sigma: number, windowDays: number, days: number) {
  const random = new SeededRandom(5);
  const seen: { delayHours: number; ageHours: number }[] = [];
  while (seen.length < 3000) {
    const ageHours = random.uniform() * days * 24;
    const delayHours = medianHours * Math.exp(random.normal(0, sigma));
    if (delayHours <= Math.min(ageHours, windowDays * 24)) seen.push({ delayHours, ageHours });
  }
  return seen;
}

describe('fitDelay', () => {
  it.each([
    [36, 1, 7],
    [12, 0.8, 7],
    [90, 1, 7],
    [90, 1, 28],
    [60, 0.5, 14],
  ])('finds a median of %d h and sigma %d through a window of %d days', (median, sigma, window) => {
    const found = fitDelay(simulate(median, sigma, window, 30), window);
    expect(Math.abs(Math.log((found?.medianHours ?? NaN) / median))).toBeLessThan(0.2);
    expect(Math.abs(Math.log((found?.sigma ?? NaN) / sigma))).toBeLessThan(0.15);
    expect(found?.conversions).toBeLessThanOrEqual(3000);
  });

  it('says the same whatever the window through which it looks', () => {
    const [short, long] = [7, 28].map((window) => fitDelay(simulate(48, 1, window, 40), window));
    expect(Math.abs(Math.log((short?.medianHours ?? NaN) / (long?.medianHours ?? 1)))).toBeLessThan(
      0.2,
    );
  });

  it('is not misled by recent clicks, whose late conversions are still to come', () => {
    const found = fitDelay(simulate(72, 1, 28, 6), 28);
    expect(found?.medianHours ?? 0).toBeGreaterThan(50);
  });

  it('says nothing of nothing, and stays near the shipped shape on little', () => {
    expect(fitDelay([], 7)).toBeNull();
    const one = fitDelay([{ delayHours: 300, ageHours: 9999 }], 30);
    expect(one?.medianHours ?? 0).toBeGreaterThan(SHIPPED_DELAY.medianHours);
    expect(one?.medianHours ?? 0).toBeLessThan(300);
  });

  it('is finite for any observations', () => {
    const observation = fc.record({
      delayHours: fc.double({ min: 0, max: 3000, noNaN: true }),
      ageHours: fc.double({ min: 0, max: 3000, noNaN: true }),
      count: fc.integer({ min: 1, max: 1e6 }),
    });
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 20 }), fc.nat(89), (seen, days) => {
        const { medianHours, sigma } = fitDelay(seen, days + 1) ?? SHIPPED_DELAY;
        expect(Number.isFinite(medianHours) && Number.isFinite(sigma)).toBe(true);
      }),
    );
  });
});
