// The sandbox's clock. Time moves in whole six-hour steps on the epoch's grid and every draw comes
// from a stream named by seed, ad and step, so fourteen days at once or hour by hour give one
// world.
import { ReseedableRandom } from '../../shared/reseedable-random.js';
import { stepAd } from './step-ad.js';
import { COMMON_DEMAND_LOG_SD, floorToStep, STEP_MS, STEPS_PER_ADVANCE_MAX } from './world-spec.js';
import type { SandboxAd, SandboxWorld } from './world-state.js';

export { createWorld } from './create-world.js';
export type { SandboxAd, SandboxWorld } from './world-state.js';

/** Every stream is started anew by its name, so sharing the generator shares no chance. */
const generator = new ReseedableRandom();

/**
 * The world at the last step boundary not after `toMs` (Unix milliseconds); never backwards, and
 * the argument is left as it was. A write between two calls takes effect with the next step. Throws
 * a RangeError for a jump of more than 366 days or a time that is none.
 */
export function advanceWorld(world: SandboxWorld, toMs: number): SandboxWorld {
  const next = copyOf(world);
  const steps = (floorToStep(toMs) - next.clockAt) / STEP_MS;
  if (!(steps <= STEPS_PER_ADVANCE_MAX)) {
    throw new RangeError(`the sandbox cannot be moved to ${toMs}: more than 366 days at once`);
  }
  for (let done = 0; done < steps; done += 1) takeStep(next);
  return next;
}

/** Of all that a step changes; the rest is shared with the argument. */
function copyOf(world: SandboxWorld): SandboxWorld {
  return {
    ...world,
    ads: world.ads.map((ad) => ({
      ...ad,
      totals: { ...ad.totals },
      pending: ad.pending.map((bucket) => ({ ...bucket })),
      hidden: { ...ad.hidden },
    })),
  };
}

function takeStep(world: SandboxWorld): void {
  const { seed, hidden } = world;
  const step = world.clockAt / STEP_MS;
  const commonDemand = generator.start(seed, `demand ${step}`).normal(0, COMMON_DEMAND_LOG_SD);
  for (const ad of world.ads) stepAd(ad, { seed, step, delay: hidden.delay, commonDemand });
  world.clockAt += STEP_MS;
  for (const ad of world.ads) {
    if (!ad.launched && ad.launchAt <= world.clockAt) launch(world, ad);
  }
}

/**
 * The advertiser's own move: the newcomer gets an equal share, taken from the running ads in
 * proportion to their budgets. The account's daily total stays what it was, to the minor unit.
 */
function launch(world: SandboxWorld, newcomer: SandboxAd): void {
  const running = world.ads.filter((ad) => ad.launched && ad.status === 'active');
  newcomer.launched = true;
  for (const ad of running) {
    const taken = Math.floor(ad.dailyBudgetMinor / (running.length + 1));
    ad.dailyBudgetMinor -= taken;
    newcomer.dailyBudgetMinor += taken;
  }
}
