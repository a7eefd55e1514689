// What the cross-learner is worth to a new ad: mean absolute error of its conversion rate after 0,
// 50 and 200 clicks, with what twenty sharing accounts teach and with the shipped defaults, on a
// new account and on one with eight matured ads of its own. Everything but the database is the real
// thing. Options: --worlds N (default 300).
import {
  type AdEvidence,
  contributionOf,
  featuresOf,
  formPosteriors,
  secretDraws,
  SharedKnowledge,
  sharedNumbers,
} from '../src/learning/pure.js';
import { Z95 } from '../src/shared/normal.js';
import { randomStream, type Random } from '../src/shared/random.js';
import { rounded } from './measure.js';

const ACCOUNTS = 20;
const ADS = 8;
const CLICKS = [0, 50, 200];
const CTR = 0.01;
/** Log sds: niches, accounts of a niche, creative types, ads of a type. */
const SPREAD = { niche: 0.5, account: 0.4, pattern: 0.35, ad: 0.35 };
const HOOKS = ['question', 'offer', 'story', 'proof'];
const SETTINGS = { halfLifeDays: { ctr: 3, cvr: 28 }, attributionWindowDays: 7 };

interface SimulatedAd {
  creative: { hook_type: string; format: string };
  cvr: number;
}

interface World {
  random: Random;
  nicheCvr: number;
  lifts: Map<string, number>;
}

function worldOf(seed: number): World {
  const random = randomStream(seed, 'cold start');
  const names = [...HOOKS, 'video', 'image'];
  return {
    random,
    nicheCvr: 0.02 * Math.exp(random.normal(0, SPREAD.niche)),
    lifts: new Map(names.map((name) => [name, Math.exp(random.normal(0, SPREAD.pattern))])),
  };
}

function accountAds({ random, nicheCvr, lifts }: World, ads: number): SimulatedAd[] {
  const accountCvr = nicheCvr * Math.exp(random.normal(0, SPREAD.account));
  return Array.from({ length: ads }, () => {
    const hook_type = HOOKS[Math.floor(random.uniform() * HOOKS.length)] ?? 'offer';
    const format = random.uniform() < 0.5 ? 'video' : 'image';
    const lift = (lifts.get(hook_type) ?? 1) * (lifts.get(format) ?? 1);
    const cvr = Math.min(0.5, accountCvr * lift * Math.exp(random.normal(0, SPREAD.ad)));
    return { creative: { hook_type, format }, cvr };
  });
}

function counts(random: Random, { cvr }: SimulatedAd, clicks: number) {
  return { impressions: clicks / CTR, clicks, conversions: random.binomial(clicks, cvr) };
}

function taught(world: World, seed: number): SharedKnowledge {
  const contributions = Array.from({ length: ACCOUNTS }, (_, index) => {
    const ads = accountAds(world, ADS).map((ad) => {
      const clicks = Math.round(400 * Math.exp(world.random.normal(0, 0.7)));
      const seen = counts(world.random, ad, clicks);
      return {
        creative: ad.creative,
        ...seen,
        maturedClicks: clicks,
        maturedImpressions: seen.impressions,
      };
    });
    return contributionOf(`account-${index}`, 'niche', ads);
  });
  return new SharedKnowledge(sharedNumbers(contributions, secretDraws(`${seed}`), []), 'niche');
}

function evidence(adId: string, seen: ReturnType<typeof counts>): AdEvidence {
  const cohort = { at: 0, ...seen, spendMinor: 0, revenueMinor: null };
  return { adId, campaignId: 'one', cohorts: [cohort], undated: true };
}

/** Mean CVR believed of the ad named `new`. */
function believed(
  ads: readonly { evidence: AdEvidence; creative: SimulatedAd['creative'] }[],
  knowledge: SharedKnowledge | null,
): number {
  const lifts = new Map(
    ads.flatMap(({ evidence: { adId }, creative }) => {
      const lift = knowledge?.liftOf(featuresOf(creative));
      return lift ? [[adId, lift] as const] : [];
    }),
  );
  const { posteriors } = formPosteriors({
    ads: ads.map((ad) => ad.evidence),
    asOf: Date.UTC(2026, 0, 31),
    settings: SETTINGS,
    ...(knowledge ? { prior: knowledge.prior, lifts } : {}),
  });
  const { cvr } = posteriors.find(({ adId }) => adId === 'new') ?? { cvr: { shape: NaN, rate: 1 } };
  return cvr.shape / cvr.rate;
}

/** Absolute errors of one world: [account, clicks, with the prior, without]. */
function errorsOf(seed: number): [string, number, number, number][] {
  const world = worldOf(seed);
  const knowledge = taught(world, seed);
  const [newAd, ...own] = accountAds(world, ADS + 1) as [SimulatedAd, ...SimulatedAd[]];
  const matured = own.map((ad, index) => ({
    evidence: evidence(`own-${index}`, counts(world.random, ad, 400)),
    creative: ad.creative,
  }));
  return CLICKS.flatMap((clicks) => {
    const fresh = {
      evidence: evidence('new', counts(world.random, newAd, clicks)),
      creative: newAd.creative,
    };
    return [
      ['new_account', [fresh]] as const,
      ['established_account', [...matured, fresh]] as const,
    ].map(([account, ads]): [string, number, number, number] => [
      account,
      clicks,
      Math.abs(believed(ads, knowledge) - newAd.cvr),
      Math.abs(believed(ads, null) - newAd.cvr),
    ]);
  });
}

const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Of a mean over independent worlds, by the normal approximation. */
function intervalOf(values: number[]): { lo: number; hi: number } {
  const centre = mean(values);
  const variance = values.reduce((sum, one) => sum + (one - centre) ** 2, 0) / (values.length - 1);
  const half = Z95 * Math.sqrt(variance / values.length);
  return { lo: rounded(centre - half, 5), hi: rounded(centre + half, 5) };
}

export function benchColdStart(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf('--worlds');
  const worlds = at >= 0 ? Number(args[at + 1]) : 300;
  const all = Array.from({ length: worlds }, (_, index) => errorsOf(index + 1)).flat();
  const figures = ['new_account', 'established_account'].flatMap((account) =>
    CLICKS.map((clicks) => {
      const rows = all.filter((row) => row[0] === account && row[1] === clicks);
      const withPrior = mean(rows.map((row) => row[2]));
      const without = mean(rows.map((row) => row[3]));
      const line = {
        account,
        clicks,
        mae_with_prior: rounded(withPrior, 5),
        mae_with_prior_95: intervalOf(rows.map((row) => row[2])),
        mae_without: rounded(without, 5),
        mae_without_95: intervalOf(rows.map((row) => row[3])),
        // Paired: both are asked about the same ad of the same world.
        saved_95: intervalOf(rows.map((row) => row[3] - row[2])),
        ratio: rounded(withPrior / without, 3),
      };
      console.error(JSON.stringify(line));
      return line;
    }),
  );
  return Promise.resolve({
    worlds,
    seeds: `1 to ${worlds}`,
    sharing_accounts: ACCOUNTS,
    mean_absolute_error_of_cvr: figures,
  });
}
