// The history as a person who answers for the money reads it: who, what, why, before, after, by
// which decision, and what it costs if it was wrong. In the answers and in the table alike.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { startTestServer, type TestServer } from './harness/server.js';

interface Shown {
  requested_by: string;
  cost_of_being_wrong: Record<string, unknown>;
  attempts: Record<string, unknown>[];
}

let server: TestServer;
let key: string;
let ad: { ad_id: string; daily_budget: number };

beforeAll(async () => {
  server = await startTestServer();
  const made = await server.admin<{ api_key: string }>('POST', '/admin/sandbox', {
    ...{ account_id: 'books', ads: 4, seed: 7, history_days: 3 },
  });
  key = made.body.api_key;
  const ads = await server.as<{ items: (typeof ad)[] }>(key, 'GET', '/v1/ads');
  ad = ads.body.items[0]!;
});

afterAll(() => server.close());

const run = () => server.admin('POST', '/admin/jobs/executor/run?wait=true');
const shown = async (id: string | undefined) =>
  (await server.as<Shown>(key, 'GET', `/v1/execution/changes/${id}`)).body;

async function post(change: object): Promise<string | undefined> {
  const changes = [{ ad_id: ad.ad_id, change_type: 'budget', ...change }];
  const reply = await server.as<{ ids: string[] }>(
    ...([key, 'POST', '/v1/execution/changes', { changes }] as const),
  );
  return reply.body.ids[0];
}

describe('a line of the history', () => {
  it('says who changed what and why, from what to what, and what it can cost', async () => {
    const value = Math.round(ad.daily_budget * 110) / 100;
    const raise = Math.round(value * 100 - ad.daily_budget * 100);
    const reason = 'sold out last week';
    const wanted = { requested_value: value, current_value: ad.daily_budget, confidence: 0.9 };
    const id = await post({ idempotency_key: 'raise', reason, ...wanted });
    const cost = {
      ...{ budget_change_per_day: raise / 100, days: 1, factor: 1.75, probability_wrong: 0.1 },
      worst_case_extra_spend: Math.ceil(raise * 1.75) / 100,
      ...{ expected_gain_per_day: null, value_unit: null },
    };
    expect((await shown(id)).cost_of_being_wrong).toEqual(cost);
    await run();
    const change = await shown(id);
    expect(change.cost_of_being_wrong).toEqual(cost);
    expect(change.attempts).toMatchObject([
      {
        ...{ requested_by: 'key:first key', reason, confidence: 0.9, decision_id: null },
        ...{ change_type: 'budget', requested_value: value, approved_by: null },
        before: { value: ad.daily_budget, source: 'platform' },
        after: { value, source: 'platform' },
        worst_case_extra_spend: cost.worst_case_extra_spend,
      },
    ]);
    const rows: unknown[] = await server.app.get(DataSource).query(
      `select requested_by, reason, requested_minor::int, worst_case_extra_minor::int as worst,
              (before_image->>'dailyBudgetMinor')::int as before,
              (after_image->>'dailyBudgetMinor')::int as after
         from ad_change_history where change_id = $1`,
      [id],
    );
    const minor = (amount: number) => Math.round(amount * 100);
    expect(rows).toEqual([
      {
        ...{ requested_by: 'key:first key', reason, requested_minor: minor(value) },
        worst: Math.ceil(raise * 1.75),
        ...{ before: minor(ad.daily_budget), after: minor(value) },
      },
    ]);
  });

  it('of a decision carries what the decision expects of the move', async () => {
    const ads = await server.as<{ items: (typeof ad)[] }>(key, 'GET', '/v1/ads');
    const total = ads.body.items.reduce((sum, { daily_budget }) => sum + daily_budget, 0);
    const { body } = await server.as<{
      decision_id: string;
      recommendations: { ad_id: string; change_pct: number; expected_gain: object }[];
    }>(key, 'POST', '/v1/sampling/allocate', { total_budget: total, seed: 3 });
    const { changes } = (
      await server.as<{ changes: { id: string; ad_id: string }[] }>(
        ...([key, 'POST', `/v1/sampling/decisions/${body.decision_id}/apply`] as const),
      )
    ).body;
    expect(changes.length).toBeGreaterThan(0);
    for (const { id, ad_id } of changes) {
      const move = body.recommendations.find((one) => one.ad_id === ad_id);
      expect((await shown(id)).cost_of_being_wrong).toMatchObject({
        ...{ expected_gain_per_day: move?.expected_gain, value_unit: 'money' },
      });
    }
  });
});
