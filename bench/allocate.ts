// `npm run bench -- allocate [--draws 200] [--http 100,1000]`: time and memory of one decision over
// 10 to
// 10,000 ads, how both grow, what a draw costs against a plain loop over @stdlib's generators, and
// how long a decision takes over HTTP for accounts with four weeks of account days.
import { parseArgs } from 'node:util';
import gamma from '@stdlib/random-base-gamma';
import normal from '@stdlib/random-base-normal';
import {
  allocate,
  type AllocationAd,
  type AllocationInput,
  drawArms,
  isRefusal,
  policyNamed,
} from '../src/sampling/pure.js';
import { SeededRandom } from '../src/shared/random.js';
import { decisionsOverHttp } from './decisions-over-http.js';
import { median, rounded } from './measure.js';
import { finished } from '../src/shared/steps.js';

const SIZES = [10, 100, 1_000, 10_000] as const;
const ROUNDS = 5;

export async function benchAllocate(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      draws: { type: 'string', default: '200' },
      http: { type: 'string', default: '100,1000' },
    },
  });
  const draws = Number(values.draws);
  const sizes: Record<string, unknown> = {};
  const perAd: number[] = [];
  for (const size of SIZES) {
    const figures = measured(size, draws);
    sizes[String(size)] = figures;
    perAd.push(figures.cpu_milliseconds / size);
    console.error(`${size} ads: ${figures.milliseconds} ms`);
  }
  return {
    draws,
    sizes,
    // 1 = linear: how much dearer an ad is among 10,000 than among 1,000.
    growth_per_ad: rounded((perAd[3] ?? NaN) / (perAd[2] ?? NaN)),
    aim_milliseconds_at_10000: 2000,
    draw: drawCost(draws),
    http: await decisionsOverHttp(values.http.split(',').filter(Boolean).map(Number)),
  };
}

function measured(size: number, draws: number) {
  const input = accountOf(size, draws);
  const policy = policyNamed('delay_corrected');
  if (!policy) throw new Error('the default policy is missing');
  const times: number[] = [];
  const processor: number[] = [];
  let peak = 0;
  // The first round compiles; it is not counted.
  for (let round = 0; round <= ROUNDS; round += 1) {
    globalThis.gc?.();
    const heap = usedBytes();
    const busy = process.cpuUsage();
    const since = performance.now();
    const result = allocate(input, policy);
    const took = performance.now() - since;
    const { user, system } = process.cpuUsage(busy);
    if (isRefusal(result)) throw new Error(result.detail);
    if (round > 0) {
      times.push(took);
      processor.push((user + system) / 1000);
    }
    peak = Math.max(peak, usedBytes() - heap);
  }
  return {
    milliseconds: rounded(median(times)),
    // On a busy machine the truer figure; collecting garbage on other cores included.
    cpu_milliseconds: rounded(median(processor)),
    memory_mb: rounded(peak / 1024 ** 2, 1),
  };
}

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Nanoseconds of one joint draw of one ad, water level included; of its two gammas alone in the
 * plainest loop; and of all four numbers that it takes (gamma, gamma, normal, normal) there.
 */
function drawCost(draws: number) {
  const { ads, totalMinor } = accountOf(1_000, draws);
  const ours: number[] = [];
  const gammas: number[] = [];
  const all: number[] = [];
  const count = ads.length * draws;
  for (let round = 0; round < ROUNDS; round += 1) {
    let since = performance.now();
    finished(drawArms(ads, round + 1, totalMinor, draws));
    ours.push(((performance.now() - since) * 1e6) / count);
    since = performance.now();
    plainLoop(ads, round + 1, draws, false);
    gammas.push(((performance.now() - since) * 1e6) / count);
    since = performance.now();
    plainLoop(ads, round + 1, draws, true);
    all.push(((performance.now() - since) * 1e6) / count);
  }
  return {
    nanoseconds: Math.round(median(ours)),
    plain_two_gammas_nanoseconds: Math.round(median(gammas)),
    plain_same_numbers_nanoseconds: Math.round(median(all)),
    over_two_gammas: rounded(median(ours) / median(gammas)),
    over_same_numbers: rounded(median(ours) / median(all)),
  };
}

function plainLoop(
  ads: readonly AllocationAd[],
  seed: number,
  draws: number,
  withNormals: boolean,
): void {
  const next = gamma.factory({ seed });
  const noise = normal.factory(0, 1, { seed });
  let sum = 0;
  for (const { posterior } of ads) {
    const { ctr, cvr } = posterior;
    for (let k = 0; k < draws; k += 1) {
      const rates = next(ctr.shape, ctr.rate) * next(cvr.shape, cvr.rate);
      sum += withNormals ? rates * Math.exp(0.1 * noise()) + Math.exp(0.1 * noise()) : rates;
    }
  }
  if (!(sum > 0)) throw new Error('nothing was drawn');
}

/** Ads of ordinary size: some thousand impressions, a few conversions, budgets of about 50. */
function accountOf(size: number, draws: number): AllocationInput {
  const random = new SeededRandom(1);
  const ads = Array.from({ length: size }, (_, index): AllocationAd => {
    const adId = `ad-${index}`;
    const impressions = 2_000 + Math.floor(random.uniform() * 50_000);
    const clicks = random.poisson(impressions * 0.012);
    const conversions = random.poisson(clicks * 0.03);
    const spendMinor = Math.round(impressions * 0.6);
    const revenueMinor = conversions * 6_000;
    const saturation = 2_500 * size;
    return {
      adId,
      campaignId: `c-${index % 20}`,
      status: 'active',
      currentMinor: 5_000,
      minMinor: null,
      maxMinor: null,
      ageHours: 200,
      posterior: {
        adId,
        ctr: { shape: 2 + clicks, rate: 200 + impressions },
        cvr: { shape: 2 + conversions, rate: 70 + clicks },
        value: { mean: 6_000, logSd: 0.15 },
        response: {
          ...{ cost: 0.6, costLogSd: 0.05, saturation },
          ...{ saturationLo: saturation / 2, saturationHi: saturation * 2 },
        },
        evidence: {
          ...{ impressions, clicks, spendMinor, conversions, revenueMinor },
          maturedClicks: clicks,
        },
      },
      totals: { impressions, clicks, spendMinor, conversions, revenueMinor, pipelineMinor: null },
    };
  });
  return {
    ...{ asOf: 0, seed: 1, totalMinor: 5_000 * size, maxStepPct: 20, draws },
    ...{ killMinSpendMinor: 20_000, ads },
  };
}
