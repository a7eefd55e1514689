import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EntityType } from '../src/platforms/ads/ad-account.js';
import type { AdWrite } from '../src/platforms/ads/ad-writer.js';
import { PlatformError } from '../src/shared/index.js';
import type { Fault } from './fake-graph/fake-graph-faults.js';
import type { FakeGraphServer } from './fake-graph/fake-graph-server.js';
import type { FakeWorldOptions } from './fake-graph/fake-graph-world.js';
import {
  CREDENTIALS,
  accountIn,
  budget,
  closeMetaBench,
  failure,
  readOne,
  startMetaBench,
  writeOne,
  type MetaBench,
} from './fake-graph/meta-bench.js';

const TOKEN = CREDENTIALS.accessToken;
const account = accountIn('USD');

let bench: MetaBench;
let graph: FakeGraphServer;

async function start(options: FakeWorldOptions = {}): Promise<void> {
  bench = await startMetaBench(options);
  ({ graph } = bench);
}

/** Ids of one kind, as they are registered. */
function objects(entityType: EntityType, ...ids: string[]) {
  return ids.map((adId) => ({ adId, entityType }));
}

beforeEach(() => start());
afterEach(() => closeMetaBench(bench));

describe('reading an object of Meta', () => {
  it('finds the amounts of an ad set, a campaign and an ad', async () => {
    const nothing = { dailyBudgetMinor: null, lifetimeBudgetMinor: null, bidMinor: null };
    expect(await readOne(bench, account, '7')).toEqual({
      ...nothing,
      adId: '7',
      status: 'active',
      dailyBudgetMinor: 5000,
      bidMinor: 40,
    });
    const campaign = { ...nothing, adId: '1', status: 'active', lifetimeBudgetMinor: 90_000 };
    expect(await readOne(bench, account, '1')).toEqual(campaign);
    const ad = { ...nothing, adId: '8', status: 'active', bidMinor: 30 };
    expect(await readOne(bench, account, '8')).toEqual(ad);
  });

  it('asks for the right fields at once the second time', async () => {
    await readOne(bench, account, '8');
    expect(graph.requests).toHaveLength(3);
    await readOne(bench, account, '8');
    expect(graph.requests).toHaveLength(4);
  });

  it('sends the token in a header, in forms as Meta documents it, and proves the app secret', async () => {
    await readOne(bench, account, '7');
    await writeOne(bench, account, budget('7', 6000));
    const [read, write] = graph.requests;
    const proof = 'appsecret_proof=[0-9a-f]{64}';
    expect(read?.headers['authorization']).toBe(`Bearer ${TOKEN}`);
    expect(read?.url).toMatch(new RegExp(`^/v25\\.0/7\\?fields=[^&]*&${proof}$`));
    expect(write?.url).toBe('/v25.0/7');
    expect(write?.body).toMatch(new RegExp(`^access_token=${TOKEN}&${proof}&daily_budget=6000$`));
  });

  it('refuses a wrong proof as invalid without trying other fields for ever', async () => {
    graph.world.addToken(TOKEN, 'another secret');
    expect((await failure(readOne(bench, account, '7'))).kind).toBe('invalid');
    expect(graph.requests).toHaveLength(6);
  });

  it('is invalid for an object that does not exist and for an id that is none', async () => {
    expect((await failure(readOne(bench, account, '404'))).kind).toBe('invalid');
    expect(graph.requests).toHaveLength(1);
    for (const id of ['', '..', '7/copies', 'a?b', '7#']) {
      expect((await failure(readOne(bench, account, id))).kind).toBe('invalid');
    }
    expect(graph.requests).toHaveLength(1);
  });

  it('names the remedy where the account has no credentials', async () => {
    const without = { ...account, credentials: null };
    for (const attempt of [
      () => readOne(bench, without, '7'),
      () => writeOne(bench, without, budget('7', 1)),
      () => bench.reader.readMetrics(without, objects('adset', '7')),
    ]) {
      const error = await failure(attempt());
      expect(error.kind).toBe('auth');
      expect(error.message).toContain('PUT /v1/accounts/shop/credentials');
    }
    expect(graph.requests).toEqual([]);
  });
});

describe('writing to Meta', () => {
  it('changes budget, bid and status to absolute values, each once', async () => {
    expect(await writeOne(bench, account, budget('7', 6000))).toEqual({ traceId: 'AfakeTrace' });
    await writeOne(bench, account, { adId: '7', changeType: 'bid', valueMinor: 55 });
    await writeOne(bench, account, { adId: '7', changeType: 'status', value: 'paused' });
    expect(graph.world.effects.map(({ field, before, after }) => [field, before, after])).toEqual([
      ['daily_budget', 5000, 6000],
      ['bid_amount', 40, 55],
      ['status', 'ACTIVE', 'PAUSED'],
    ]);
    expect(await readOne(bench, account, '7')).toMatchObject({
      status: 'paused',
      dailyBudgetMinor: 6000,
      bidMinor: 55,
    });
  });

  it('does not take success for an effect: the read-back shows a silent no-op', async () => {
    graph.faults.queue('write', { kind: 'silent_no_op' });
    await writeOne(bench, account, budget('7', 6000));
    expect((await readOne(bench, account, '7')).dailyBudgetMinor).toBe(5000);
    // A budget of an ad is a field that Meta ignores with success.
    await writeOne(bench, account, budget('8', 6000));
    expect(graph.world.effects).toEqual([]);
  });

  it.each<[string, Fault]>([
    ['a reset after the body, applied', { kind: 'reset', applied: true }],
    ['a reset after the body, lost', { kind: 'reset', applied: false }],
    ['"Service Unavailable" with HTTP 200', { kind: 'service_unavailable', applied: true }],
    ['half an answer', { kind: 'raw', text: '{"success":tr', applied: true }],
    ['an answer without success', { kind: 'raw', text: '{}', applied: true }],
    ['success: false', { kind: 'raw', text: '{"success":false}', applied: false }],
    ['a page of a gateway', { kind: 'raw', text: '<html>', status: 502, applied: true }],
    [
      'a redirect',
      { kind: 'raw', text: '', status: 307, headers: { location: '/' }, applied: false },
    ],
    [
      'code 2',
      { kind: 'error', error: { code: 2, isTransient: true }, status: 500, applied: true },
    ],
  ])('is ambiguous after %s, and sent once', async (_name, fault) => {
    graph.faults.queue('write', fault);
    const error = await failure(writeOne(bench, account, budget('7', 6000)));
    expect(error.kind).toBe('ambiguous');
    expect(graph.requests).toHaveLength(1);
    const applied = 'applied' in fault && fault.applied === true;
    const { dailyBudgetMinor } = await readOne(bench, account, '7');
    expect(dailyBudgetMinor).toBe(applied ? 6000 : 5000);
  });

  it('carries its items percent-encoded inside the one call', async () => {
    const writes = [budget('7', 6000), { adId: '8', changeType: 'bid', valueMinor: 35 } as const];
    await bench.writer.writeObjects(account, writes, { validateOnly: true });
    const [call] = graph.requests;
    const items = JSON.parse(new URLSearchParams(call?.body).get('batch') ?? '') as object[];
    const options = 'execution_options=%5B%22validate_only%22%5D';
    expect(items).toEqual([
      { method: 'POST', relative_url: '7', body: `daily_budget=6000&${options}` },
      { method: 'POST', relative_url: '8', body: `bid_amount=35&${options}` },
    ]);
    expect(call?.body).not.toMatch(/[ +"[\]{}]/);
    expect([graph.requests.length, graph.world.effects]).toEqual([1, []]);
  });

  it('is refused here for an amount or a currency that cannot be right', async () => {
    expect((await failure(writeOne(bench, account, budget('7', 12.5)))).kind).toBe('invalid');
    const exotic = await failure(writeOne(bench, accountIn('XAU'), budget('7', 100)));
    expect([exotic.kind, exotic.message]).toEqual(['invalid', expect.stringContaining('XAU')]);
    expect(graph.requests).toEqual([]);
  });

  it.each(['07', '0', '7/copies', '+7', '7 ', 'act_1000'])(
    'is refused for what is no canonical id of an object: %s',
    async (adId) => {
      const error = await failure(writeOne(bench, account, budget(adId, 6000)));
      expect(error.kind).toBe('invalid');
      expect(graph.requests).toEqual([]);
    },
  );

  it('keeps the failure of one item from being that of another', async () => {
    graph.faults.queue('write', { kind: 'reset', applied: false });
    const outcomes = await bench.writer.writeObjects(account, [budget('07', 1), budget('7', 6000)]);
    expect(outcomes.map((one) => (one instanceof PlatformError ? one.kind : 'written'))).toEqual([
      'invalid',
      'ambiguous',
    ]);
  });

  it("shows Meta's own words and the field when a budget is too low", async () => {
    const error = await failure(writeOne(bench, account, budget('7', 99)));
    expect([error.kind, error.message, error.traceId]).toEqual([
      'invalid',
      'Budget is too low: The budget must be at least 100. (field daily_budget; code 100/1885272)',
      'AfakeTrace',
    ]);
  });

  it('meets the refusals of a real account', async () => {
    graph.world.editOutside('2', { dailyBudget: 9000 });
    expect((await failure(writeOne(bench, account, budget('7', 6000)))).message).toContain(
      '1885621',
    );
    graph.world.editOutside('2', { dailyBudget: null });
    expect((await failure(writeOne(bench, account, budget('7', 100_000_001)))).kind).toBe(
      'invalid',
    );
    graph.world.editOutside('8', { status: 'ARCHIVED' });
    const archived = await failure(
      writeOne(bench, account, { adId: '8', changeType: 'status', value: 'active' }),
    );
    expect(archived.kind).toBe('invalid');
    graph.world.accountDisabled = true;
    expect((await failure(writeOne(bench, account, budget('7', 6000)))).kind).toBe('permission');
    expect(graph.world.effects).toEqual([]);
  });

  it('is throttled for an hour after four budget edits of one ad set', async () => {
    for (const value of [5100, 5200, 5300, 5400])
      await writeOne(bench, account, budget('7', value));
    const error = await failure(writeOne(bench, account, budget('7', 5500)));
    expect([error.kind, error.retryAfterMs]).toEqual(['throttled', 3_600_000]);
    await writeOne(bench, account, { adId: '7', changeType: 'status', value: 'paused' });
    expect(graph.world.effects).toHaveLength(5);
  });
});

describe('lifetime totals from Meta', () => {
  const delivered = { impressions: 1200, clicks: 34, spendMinor: 1234 };

  it('come from account insights of every level, with spend in minor units', async () => {
    for (const id of ['1', '7', '8']) graph.world.editOutside(id, delivered);
    const readings = await bench.reader.readMetrics(account, [
      ...objects('campaign', '1', '2'),
      ...objects('adset', '7'),
    ]);
    const observedAt = expect.any(Date);
    const totals = { ...delivered, observedAt, conversions: null, revenueMinor: null };
    expect(readings).toEqual([
      { ...totals, adId: '1' },
      { ...totals, adId: '7' },
    ]);
    const seconds = Math.abs((readings[0]?.observedAt.getTime() ?? 0) - Date.now()) / 1000;
    expect(seconds).toBeLessThan(60);
  });

  it('take whole units for a currency of offset 1', async () => {
    await closeMetaBench(bench);
    await start({ currency: 'JPY' });
    graph.world.editOutside('7', delivered);
    const [reading] = await bench.reader.readMetrics(accountIn('JPY'), objects('adset', '7'));
    expect(reading?.spendMinor).toBe(1234);
  });

  it('ask one level alone for objects of one kind', async () => {
    graph.world.editOutside('7', delivered);
    await bench.reader.readMetrics(account, objects('adset', '7', '9'));
    expect(graph.requests.map(({ url }) => /level=(\w+)/.exec(url)?.[1])).toEqual(['adset']);
  });

  it('are complete over several pages and several filters', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => String(1000 + index));
    for (const id of ids) graph.world.addObject({ id, type: 'adset', ...delivered });
    const readings = await bench.reader.readMetrics(account, objects('adset', ...ids));
    expect(readings.map(({ adId }) => adId)).toEqual(ids);
    expect(graph.requests).toHaveLength(3);
  });

  it('ask for the ad account where the credentials name none', async () => {
    const credentials = { ...CREDENTIALS, pixelId: null, adAccountId: null };
    const error = await failure(
      bench.reader.readMetrics({ ...account, credentials }, objects('adset', '7')),
    );
    expect([error.kind, error.message]).toEqual(['auth', expect.stringContaining('ad_account_id')]);
  });
});

describe('faults by chance', () => {
  it('are the same for the same seed, and leave more effects than the client heard of', async () => {
    const run = async (): Promise<string[]> => {
      graph.faults.seed(11, {
        target: 'write',
        odds: [
          { probability: 0.3, fault: { kind: 'reset', applied: true } },
          { probability: 0.3, fault: { kind: 'reset', applied: false } },
        ],
      });
      const kinds: string[] = [];
      for (let bid = 1; bid <= 20; bid += 1) {
        const write: AdWrite = { adId: '7', changeType: 'bid', valueMinor: bid };
        const outcome = writeOne(bench, account, write).then(() => 'success');
        kinds.push(await outcome.catch((error: PlatformError) => error.kind));
      }
      return kinds;
    };
    const first = await run();
    const effects = graph.world.effects.length;
    expect(await run()).toEqual(first);
    expect(graph.world.effects).toHaveLength(2 * effects);
    expect(new Set(first)).toEqual(new Set(['success', 'ambiguous']));
    expect(effects).toBeGreaterThan(first.filter((kind) => kind === 'success').length);
  });
});
