// One seed played by one player: the simulated account over its 28 days, a decision each day (or
// every six hours), judged by the expected value of what was bought.
import { DEFAULT_SETTINGS } from '../../src/accounts/index.js';
import { estimateDelay, formPosteriors } from '../../src/learning/pure.js';
import {
  advanceWorld,
  createWorld,
  DAY_MS,
  expectedEarnedValue,
  oracleBudgets,
  type SandboxWorld,
  STEP_MS,
  visibleAds,
  type WorldName,
} from '../../src/platforms/index.js';
import {
  type AllocationAd,
  boundsOf,
  decide,
  policyNamed,
  settle,
} from '../../src/sampling/pure.js';
import { derivedSeed } from '../../src/shared/random.js';
import { hostilityOf, relieved, troubled, type HostilityName } from './hostile.js';
import { isSignificant, LEARNING_LOSS, valueInLearning, type Phase } from './learning-phase.js';
import { bookStep, delaysAt, emptyLedger, evidenceOfLedger, type Ledger } from './ledger.js';
import type { Player, Turn } from './players.js';
import type { Pooled } from './pooled.js';

export interface Stage {
  world: WorldName;
  seed: number;
  startAt: number;
  days: number;
  /** Steps of six hours between decisions. */
  every: number;
  windowDays: number;
  halfLifeDays: { ctr: number; cvr: number };
  /** null = the shipped constants, as an installation begins. */
  pooled: Pooled | null;
  /** null = a world that plays fair. */
  hostile: HostilityName | null;
}

export interface Outcome {
  value: number;
  /** The same with 10 % less from an ad in its learning phase. */
  penalised: number;
}

const RECENT_DAYS = 7;

export function play(stage: Stage, player: Player): Outcome {
  const { seed, world: name, startAt, days } = stage;
  let world = createWorld({ seed, world: name, adCount: 12, startAt, currency: 'USD' });
  const total = world.ads.reduce((sum, ad) => sum + ad.dailyBudgetMinor, 0);
  const hostility = stage.hostile === null ? {} : hostilityOf(stage.hostile, seed, startAt);
  const ledger = emptyLedger(hostility);
  const phases = new Map<string, Phase>();
  let lost = 0;
  for (let step = 0; step < days * 4; step += 1) {
    if (step % stage.every === 0) world = turn(world, total, ledger, stage, player, phases);
    const stepped = advanceWorld(troubled(world, hostility), world.clockAt + STEP_MS);
    const next = atLaunch(world, relieved(world, stepped), player);
    bookStep(ledger, world, next);
    lost += LEARNING_LOSS * valueInLearning(world, next, phases);
    world = next;
  }
  const { kept } = hostility;
  const value = kept
    ? world.ads.reduce((sum, ad) => sum + kept(ad.adId) * ad.hidden.expectedValueMinor, 0)
    : expectedEarnedValue(world);
  return { value, penalised: value - lost };
}

/**
 * A newcomer waits for the player's next decision, without a budget and so without a step limit;
 * the others keep theirs. Who never decides takes the world's own way: an even share from
 * everybody.
 */
function atLaunch(before: SandboxWorld, after: SandboxWorld, player: Player): SandboxWorld {
  const budgets = before.ads.map((ad) => (ad.launched ? ad.dailyBudgetMinor : 0));
  const running = before.ads.flatMap(({ launched }, index) => (launched ? [index] : []));
  after.ads.forEach(({ launched }, newcomer) => {
    if (!launched || before.ads[newcomer]?.launched) return;
    for (const index of player.isIdle ? running : []) {
      const taken = Math.floor((budgets[index] ?? 0) / (running.length + 1));
      budgets[index] = (budgets[index] ?? 0) - taken;
      budgets[newcomer] = (budgets[newcomer] ?? 0) + taken;
    }
    running.push(newcomer);
  });
  const ads = after.ads.map((ad, index) => ({ ...ad, dailyBudgetMinor: budgets[index] ?? 0 }));
  return { ...after, ads };
}

function turn(
  world: SandboxWorld,
  total: number,
  ledger: Ledger,
  stage: Stage,
  player: Player,
  phases: Map<string, Phase>,
): SandboxWorld {
  const budgets = player.isOracle
    ? withinSteps(world, oracleBudgets(world, total), total, player.maxStepPct)
    : chosen(world, ledger, stage, player, total);
  if (budgets === null) return world;
  return {
    ...world,
    ads: world.ads.map((ad) => {
      const budget = ad.launched ? budgets[ad.adId] : undefined;
      if (budget === undefined) return ad;
      if (isSignificant(ad.dailyBudgetMinor, budget)) {
        phases.set(ad.adId, { since: world.clockAt, conversions: ad.totals.conversions });
      }
      return { ...ad, dailyBudgetMinor: budget };
    }),
  };
}

/**
 * What the daily step costs somebody who knows everything: no policy under the cap can earn more.
 */
function withinSteps(
  world: SandboxWorld,
  wanted: Record<string, number>,
  totalMinor: number,
  maxStepPct: number | null,
): Record<string, number> {
  if (maxStepPct === null) return wanted;
  const ads = visibleAds(world);
  const bounds = ads.map(({ dailyBudgetMinor: currentMinor }) =>
    boundsOf({ currentMinor, minMinor: null, maxMinor: null }, maxStepPct),
  );
  const targets = Float64Array.from(ads, ({ adId }) => wanted[adId] ?? 0);
  const { budgets } = settle(targets, bounds, totalMinor, targets);
  return Object.fromEntries(ads.map(({ adId }, index) => [adId, budgets[index] ?? 0]));
}

function chosen(
  world: SandboxWorld,
  ledger: Ledger,
  stage: Stage,
  player: Player,
  totalMinor: number,
): Record<string, number> | null {
  const { policy: name, maxStepPct, choose } = player;
  if (player.isIdle) return null;
  const ads = believed(world, ledger, stage, totalMinor);
  if (choose) {
    const budgets = whole(choose({ ads, totalMinor, recent: recentOf(world, ledger, ads) }));
    return Object.fromEntries(ads.map(({ adId }, index) => [adId, budgets[index] ?? 0]));
  }
  const policy = policyNamed(name ?? '');
  if (!policy) throw new Error(`no policy ${name}`);
  const allocation = {
    asOf: world.clockAt,
    seed: derivedSeed(stage.seed, `decision ${world.clockAt}`),
    totalMinor,
    maxStepPct,
    killMinSpendMinor: DEFAULT_SETTINGS.kill_min_spend * 100,
    ads,
  };
  const minProbabilityBetter = player.gate ?? DEFAULT_SETTINGS.min_probability_better;
  const inputs = { allocation, currency: 'USD', maxStepPct, minProbabilityBetter };
  const answer = decide(inputs, policy);
  if ('code' in answer) throw new Error(answer.detail);
  return Object.fromEntries(
    answer.recommendations.map((item) => [item.ad_id, Math.round(item.recommended_budget * 100)]),
  );
}

function believed(
  world: SandboxWorld,
  ledger: Ledger,
  { windowDays, halfLifeDays, pooled }: Stage,
  budgetMinor: number,
): AllocationAd[] {
  const visible = visibleAds(world);
  const known = new Map(
    evidenceOfLedger(ledger).map((evidence) => [
      evidence.adId,
      ledger.hostility.seen?.(evidence, world.clockAt) ?? evidence,
    ]),
  );
  const evidence = visible.map(
    ({ adId, campaignId }) => known.get(adId) ?? { adId, campaignId, cohorts: [], undated: false },
  );
  const delay = estimateDelay(delaysAt(ledger, world.clockAt), windowDays, pooled?.delay);
  const { posteriors } = formPosteriors({
    ads: evidence,
    asOf: world.clockAt,
    settings: { halfLifeDays, attributionWindowDays: windowDays },
    delay,
    budgetMinor,
    ...(pooled ? { prior: pooled.prior } : {}),
  });
  const totals = new Map(world.ads.map((ad) => [ad.adId, ad.totals]));
  return visible.map((ad, index): AllocationAd => {
    const posterior = posteriors[index];
    const own = totals.get(ad.adId);
    if (!posterior || !own) throw new Error(`no belief about ${ad.adId}`);
    return {
      adId: ad.adId,
      campaignId: ad.campaignId,
      status: 'active',
      currentMinor: ad.dailyBudgetMinor,
      minMinor: null,
      maxMinor: null,
      ageHours: (world.clockAt - ad.startedAt) / 3_600_000,
      posterior,
      totals: { ...own, pipelineMinor: own.revenueMinor },
    };
  });
}

function recentOf(world: SandboxWorld, ledger: Ledger, ads: readonly AllocationAd[]) {
  const since = world.clockAt - RECENT_DAYS * DAY_MS;
  return ads.map(({ adId }): Turn['recent'][number] => {
    const cohorts = ledger.ads.get(adId)?.evidence.cohorts.filter(({ at }) => at >= since) ?? [];
    return {
      spendMinor: cohorts.reduce((sum, cohort) => sum + cohort.spendMinor, 0),
      revenueMinor: cohorts.reduce((sum, cohort) => sum + (cohort.revenueMinor ?? 0), 0),
      conversions: cohorts.reduce((sum, cohort) => sum + (cohort.conversions ?? 0), 0),
    };
  });
}

/** Whole minor units with the same sum. */
function whole(amounts: number[]): number[] {
  let carried = 0;
  return amounts.map((amount) => {
    const exact = amount + carried;
    const rounded = Math.round(exact);
    carried = exact - rounded;
    return Math.max(0, rounded);
  });
}
