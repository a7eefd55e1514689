// An account that can be decided on, made over HTTP like anybody's: ads with creatives and four
// weeks of account days.
import { SeededRandom, type Random } from '../src/shared/random.js';
import type { HttpClient } from './http-client.js';

const DAYS = 28;
const DAY_MILLIS = 86_400_000;
/** The contract's bound on one request. */
const BATCH = 1000;
const HOOKS = ['question', 'number', 'story', 'offer', 'fear', 'proof'];
const FORMATS = ['video', 'image', 'carousel', 'collection'];

export async function makeDecisionAccount(
  http: HttpClient,
  accountId: string,
  ads: number,
  extra: Record<string, unknown> = {},
): Promise<void> {
  const random = new SeededRandom(ads);
  await http.send('POST', '/v1/accounts', {
    ...{ account_id: accountId, name: accountId, currency: 'USD', niche: 'shoes' },
    ...extra,
  });
  const ids = Array.from({ length: ads }, (_, index) => `ad-${String(index).padStart(6, '0')}`);
  for (const some of batches(ids)) {
    const rows = some.map((adId) => ({
      ...{ ad_id: adId, campaign_id: `c-${adId.slice(-1)}`, name: adId, status: 'active' },
      ...{ daily_budget: 50, started_at: dayBefore(DAYS).toISOString() },
      creative: {
        hook_type: pick(HOOKS, random),
        format: pick(FORMATS, random),
        duration_s: 5 + Math.floor(random.uniform() * 55),
        text: `Creative ${adId} for people who walk a lot`,
      },
    }));
    await http.send('PUT', '/v1/ads', { account_id: accountId, ads: rows });
  }
  const days = ids.flatMap((adId) =>
    Array.from({ length: DAYS }, (_, back) => dayOf(adId, dayBefore(back + 1), random)),
  );
  for (const some of batches(days)) {
    await http.send('POST', '/v1/metrics', { account_id: accountId, days: some });
  }
}

function dayOf(adId: string, date: Date, random: Random) {
  const impressions = 500 + Math.floor(random.uniform() * 9500);
  const clicks = random.poisson(impressions * 0.012);
  const conversions = random.poisson(clicks * 0.03);
  const spend = Math.round(impressions * 0.6) / 100;
  return {
    ...{ ad_id: adId, date: date.toISOString().slice(0, 10) },
    ...{ impressions, clicks, spend, conversions, revenue: conversions * 60 },
  };
}

function dayBefore(days: number): Date {
  return new Date(Date.now() - days * DAY_MILLIS);
}

export function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let from = 0; from < items.length; from += BATCH) yield items.slice(from, from + BATCH);
}

export function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random.uniform() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
