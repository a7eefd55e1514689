// The contest of one seed: the same simulated account played three times over the same days, by
// Loopgain, by an even split left alone, and by an oracle that knows the hidden rates.
import {
  advanceWithReadings,
  createWorld,
  expectedEarnedValue,
  oracleBudgets,
  type SandboxWorld,
  visibleAds,
  type WorldName,
  writeAd,
} from '../../platforms/index.js';
import { decideAndApply, liveOneDay, type PlayedAccount } from './policy-turn.js';
import { MILLIS_PER_DAY } from '../../shared/time.js';

export interface ContestRequest {
  seed: number;
  world: WorldName;
  ads: number;
  /** Days on the even split before the contest begins: what Loopgain knows on its first day. */
  historyDays: number;
  days: number;
  /** Unix milliseconds. */
  startAt: number;
  currency: string;
  /** Length of the world's story: new ads appear in its first half. */
  horizonDays: number;
}

/** Expected value earned during the contest, minor units. */
export interface Earned {
  loopgain: number;
  uniform: number;
  oracle: number;
}

export function playSeed(request: ContestRequest): Earned {
  const { seed, world: name, ads: adCount, startAt, currency, horizonDays, days } = request;
  const born = createWorld({ seed, world: name, adCount, startAt, currency, horizonDays });
  const until = born.clockAt + request.historyDays * MILLIS_PER_DAY;
  const { world, readings } = advanceWithReadings(born, until, 6);
  let account: PlayedAccount = { world, readings, sightings: new Map(), totalMinor: 0 };
  for (let day = 0; day < days; day += 1) account = liveOneDay(decideAndApply(account));
  return {
    loopgain: expectedEarnedValue(account.world) - expectedEarnedValue(world),
    ...playYardsticks(world, days),
  };
}

/** What the other two would have earned from here; the world is the same to the last draw. */
export function playYardsticks(
  start: SandboxWorld,
  days: number,
): Pick<Earned, 'uniform' | 'oracle'> {
  const before = expectedEarnedValue(start);
  const untouched = advanceWithReadings(start, start.clockAt + days * MILLIS_PER_DAY, 24).world;
  let known = start;
  for (let day = 0; day < days; day += 1) {
    known = advanceWithReadings(
      setBudgets(known, oracleBudgets(known, totalBudgetOf(known))),
      known.clockAt + MILLIS_PER_DAY,
      24,
    ).world;
  }
  return {
    uniform: expectedEarnedValue(untouched) - before,
    oracle: expectedEarnedValue(known) - before,
  };
}

/** Everything spent so far, minor units. */
export function spentIn(world: SandboxWorld): number {
  return world.ads.reduce((sum, ad) => sum + ad.totals.spendMinor, 0);
}

function totalBudgetOf(world: SandboxWorld): number {
  return visibleAds(world)
    .filter(({ status }) => status === 'active')
    .reduce((sum, ad) => sum + ad.dailyBudgetMinor, 0);
}

export function setBudgets(
  world: SandboxWorld,
  budgets: Readonly<Record<string, number>>,
): SandboxWorld {
  return Object.entries(budgets).reduce(
    (changed, [adId, valueMinor]) => writeAd(changed, { adId, changeType: 'budget', valueMinor }),
    world,
  );
}
