// The platform's learning phase as the bench counts it (bandits, section 2): what an ad earns while
// it is in it, to be cut by a tenth.
import { DAY_MS, type SandboxWorld } from '../../src/platforms/index.js';

/** Launch, or an edit of more than a fifth; ends after a week or 50 reported conversions. */
const LEARNING_DAYS = 7;
const LEARNING_CONVERSIONS = 50;
const SIGNIFICANT_EDIT = 0.2;
export const LEARNING_LOSS = 0.1;

export interface Phase {
  since: number;
  conversions: number;
}

/** One minor unit more than the share is rounding. */
export function isSignificant(currentMinor: number, nextMinor: number): boolean {
  return Math.abs(nextMinor - currentMinor) > currentMinor * SIGNIFICANT_EDIT + 1;
}

/** What the ads in their learning phase earned in one step. */
export function valueInLearning(
  before: SandboxWorld,
  after: SandboxWorld,
  phases: Map<string, Phase>,
): number {
  let value = 0;
  after.ads.forEach((ad, index) => {
    const was = before.ads[index];
    if (!was?.launched) return;
    const phase = phases.get(ad.adId) ?? { since: ad.launchAt, conversions: 0 };
    const isLearning =
      before.clockAt - phase.since < LEARNING_DAYS * DAY_MS &&
      was.totals.conversions - phase.conversions < LEARNING_CONVERSIONS;
    if (isLearning) value += ad.hidden.expectedValueMinor - was.hidden.expectedValueMinor;
  });
  return value;
}
