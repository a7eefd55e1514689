// An ad changes: the events that prove it say so, once, and its belief forgets what was.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { LeanWatches1795300000014 } from '../migrations/0014-lean-watches.js';
import { SeededRandom } from '../src/shared/index.js';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
let account: TestAccount;

beforeAll(async () => {
  server = await startTestServer();
  account = await createAccount(server, 'drifting');
  const ads = ['falls', 'stays', 'split', 'steady', 'waits'].map((id) =>
    adInput(id, { started_at: at(0) }),
  );
  await server.as(account.key, 'PUT', '/v1/ads', { ads });
});
afterAll(async () => {
  await server.close();
});

const BATCH = 200;
const BATCHES = 40;
const at = (minutes: number) =>
  new Date(Date.parse('2026-10-01T00:00:00Z') + minutes * 60_000).toISOString();
/** Batches lie an hour apart. */
const AS_OF = at(BATCHES * 60);

/** 8,000 impressions in batches; click rate 4 %, and 2 % in the second half of one that falls. */
function batches(adId: string, falls: boolean, seed: number) {
  const random = new SeededRandom(seed);
  return Array.from({ length: BATCHES }, (_, index) => {
    const clicks = random.binomial(BATCH, falls && index >= BATCHES / 2 ? 0.02 : 0.04);
    const event = { ad_id: adId, occurred_at: at(index * 60) };
    return [
      { ...event, event_id: `${adId}-i${index}`, type: 'impression', count: BATCH },
      ...(clicks === 0
        ? []
        : [{ ...event, event_id: `${adId}-k${index}`, type: 'click', count: clicks }]),
    ];
  });
}

interface Told {
  accepted: number;
  learned: { ads: number; drift: string[] };
}

async function tell(events: unknown[]): Promise<Told> {
  const body = { events, as_of: AS_OF };
  const reply = await server.as<Told>(account.key, 'POST', '/v1/events', body);
  expect(reply.status).toBe(202);
  return reply.body;
}

interface Model {
  drift: { detected_at: string; scope: string; before: number; after: number }[];
}

async function drifts(asOf = AS_OF): Promise<Model['drift']> {
  const path = `/v1/learning/model?as_of=${asOf}`;
  return (await server.as<Model>(account.key, 'GET', path)).body.drift;
}

async function believedRate(adId: string, asOf = AS_OF): Promise<number> {
  interface Ad {
    belief: { ctr: { mean: number } };
  }
  const path = `/v1/ads/${adId}?as_of=${asOf}`;
  return (await server.as<Ad>(account.key, 'GET', path)).body.belief.ctr.mean;
}

const stored = (): Promise<unknown> =>
  server.app.get(DataSource).query('select * from drift_detectors order by ad_id');

describe('an ad whose click rate halves', () => {
  const told = batches('falls', true, 7);

  it('is found within as many impressions as came before, and shown', async () => {
    const found: number[] = [];
    for (const [index, events] of told.entries()) {
      const { learned } = await tell(events);
      if (learned.drift.length > 0) found.push(index);
      expect(learned.drift).toEqual(found.includes(index) ? ['falls'] : []);
    }
    expect(found).toHaveLength(1);
    const [index] = found as [number];
    expect(index).toBeGreaterThanOrEqual(BATCHES / 2);
    const [drift, ...others] = await drifts();
    expect(others).toEqual([]);
    expect(drift).toMatchObject({
      ...{ scope: 'ad:falls:ctr', detected_at: at(index * 60) },
      ...{ before: expect.any(Number), after: expect.any(Number) },
    });
    expect(Math.abs((drift?.before ?? 0) - 0.04)).toBeLessThan(0.01);
    expect(Math.abs((drift?.after ?? 0) - 0.02)).toBeLessThan(0.01);
    const figures = await (await fetch(`${server.url}/metrics`)).text();
    expect(figures).toContain('loopgain_click_rate_drifts{direction="fall"} 1');
    expect(figures).toContain('loopgain_click_rate_drifts{direction="rise"} 0');
    // Nobody knew before it was proven.
    expect(await drifts(at(index * 60 - 1))).toEqual([]);
  });

  it('is believed to have fallen sooner than without', async () => {
    const database = server.app.get(DataSource);
    const forgot = await believedRate('falls');
    const records: { keep: number }[] = await database.query('select keep from drift_events');
    expect(records[0]?.keep ?? 1).toBeLessThan(0.1);
    await database.query('update drift_events set keep = 1');
    const remembered = await believedRate('falls');
    await database.query('update drift_events set keep = $1', [records[0]?.keep]);
    expect(forgot).toBeLessThan(remembered - 0.002);
    expect(Math.abs(forgot - 0.02)).toBeLessThan(Math.abs(remembered - 0.02));
    expect(await believedRate('falls')).toBe(forgot);
  });

  it('raises nothing new when the same events come again', async () => {
    const before = await stored();
    for (const events of [told.flat()]) {
      expect(await tell(events)).toMatchObject({ accepted: 0, learned: { ads: 0, drift: [] } });
    }
    expect(await drifts()).toHaveLength(1);
    expect(await stored()).toEqual(before);
  });
});

describe('an ad that stays as it is', () => {
  it('raises nothing', async () => {
    for (const [adId, seed] of [['stays', 2] as const, ['steady', 3] as const]) {
      const { learned } = await tell(batches(adId, false, seed).flat());
      expect(learned).toEqual({ ads: 1, drift: [] });
    }
  });

  it('raises nothing when its impressions are told hours before its clicks', async () => {
    const events = batches('split', false, 4).flat();
    for (let from = 0; from < BATCHES; from += 20) {
      const lies = (id: string) => Number(id.slice(7)) >= from && Number(id.slice(7)) < from + 20;
      for (const type of ['impression', 'click']) {
        const part = events.filter((one) => one.type === type && lies(one.event_id));
        expect((await tell(part)).learned.drift).toEqual([]);
      }
    }
    expect((await drifts()).map(({ scope }) => scope)).toEqual(['ad:falls:ctr']);
  });
});

describe('what was watched', () => {
  it('survives the way back to the version before, and forth', async () => {
    const waits = { event_id: 'waits', ad_id: 'waits', type: 'impression', occurred_at: at(1) };
    await tell([waits]);
    const before = await stored();
    const runner = server.app.get(DataSource).createQueryRunner();
    const migration = new LeanWatches1795300000014();
    await migration.down(runner);
    const [row]: { state: Record<string, unknown> }[] = await runner.query(
      `select state from drift_detectors where ad_id = 'falls'`,
    );
    expect(Object.keys(row?.state ?? {}).sort()).toEqual(['detector', 'newestAt', 'waiting']);
    await migration.up(runner);
    await runner.release();
    expect(await stored()).toEqual(before);
  });
});
