// The demonstration end to end on a real database: a short fast-forward, and a made-up export.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runContest } from '../src/cli/demo/run-contest.js';
import { runInput } from '../src/cli/demo/run-input.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'loopgain-demo-'));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function told(run: (say: (line: string) => void) => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  await run((line) => lines.push(line));
  return lines;
}

async function fileOf(name: string, rows: (string | number)[][]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, rows.map((row) => row.join(',')).join('\n'));
  return file;
}

const input = { kind: 'input' as const, accountId: null, currency: null, dailyBudget: null };

describe('the fast-forward demonstration', () => {
  it('plays a simulated account through the real chain and ends with its table', async () => {
    const options = { kind: 'fast-forward' as const, world: 'ecom' as const, days: 3 };
    const lines = await told((say) =>
      runContest(server.app, { ...options, seed: 14, seeds: 3 }, say),
    );
    expect(lines[0]).toContain('simulated');
    for (const policy of ['Loopgain', 'even split kept', 'oracle']) {
      expect(lines.filter((line) => line.startsWith(policy))).toHaveLength(1);
    }
    expect(
      lines.filter((line) => /^[123]\. ".*" (raised|cut) from [\d.]+ to/.test(line)),
    ).toHaveLength(3);
    expect(lines.filter((line) => line.startsWith('   Why: The next 1.0 spent here'))).toHaveLength(
      3,
    );
    // Had the chain done anything else than was recorded, the replay would not meet its world.
    expect(lines.join('\n')).not.toContain('approximate');

    const accountId = /"(demo-[\d-]+)"/.exec(lines.join('\n'))?.[1];
    const { body } = await server.admin<{ items: { as_of: string }[] }>(
      'GET',
      `/v1/sampling/decisions?account_id=${accountId}`,
    );
    expect(body.items).toHaveLength(3);
  });

  it('replaces the account of the demonstration before, and no other', async () => {
    for (const account_id of ['demo-20260101-120000', 'demo-mine']) {
      await server.admin('POST', '/admin/sandbox', { account_id, ads: 2, history_days: 1 });
    }
    await server.admin('POST', '/v1/accounts', {
      ...{ account_id: 'demo-20260102-120000', name: 'Real', currency: 'USD' },
    });
    const options = { kind: 'fast-forward' as const, world: 'ecom' as const, days: 1 };
    const lines = await told((say) =>
      runContest(server.app, { ...options, seed: 15, seeds: 1 }, say),
    );
    expect(lines.join('\n')).toContain('"demo-20260101-120000", is replaced');
    const { body } = await server.admin<{ items: { account_id: string }[] }>(
      'GET',
      '/v1/accounts?limit=200',
    );
    const ids = body.items.map(({ account_id }) => account_id);
    expect(ids.filter((id) => id.startsWith('demo-'))).toEqual([
      'demo-20260102-120000',
      expect.stringMatching(/^demo-\d{8}-\d{6}$/),
      'demo-mine',
    ]);
  });
});

describe('the demonstration on a real export', () => {
  it('advises on shares and conversions where dates and revenue are missing', async () => {
    const header =
      'ad_id,xyz_campaign_id,fb_campaign_id,age,gender,interest,Impressions,Clicks,Spent,Total_Conversion,Approved_Conversion';
    const rows = Array.from({ length: 40 }, (_, index) => {
      const good = index % 2 === 0;
      return [
        5000 + index,
        916,
        1,
        '30-34',
        good ? 'M' : 'F',
        7,
        50_000,
        60,
        90,
        good ? 9 : 0,
        good ? 4 : 0,
      ];
    });
    const file = await fileOf('Made up.csv', [[header], ...rows]);
    const lines = await told((say) => runInput(server.app, { ...input, file }, say));
    const text = lines.join('\n');
    expect(text).toContain('Created account "demo-input-made-up" in USD.');
    expect(text).toContain('Dates: none');
    expect(text).toContain('Revenue: none');
    expect(text).toContain('Level: gender (2 cells)');
    expect(text).toContain('gender M: 50.0 % → 60.0 % of the budget (+20 %)');
    expect(text).toMatch(
      /Gain per 100 USD moved: \+[\d.]+ \(80 % interval [\d.]+ to [\d.]+\) conversions/,
    );
    expect(text).not.toContain('a day');

    const again = await told((say) => runInput(server.app, { ...input, file }, say));
    expect(again).toContain('The account of an earlier demo, "demo-input-made-up", is replaced.');
    expect(again.join('\n')).toContain('40 read: 40 new ads, 40 snapshots kept');
    // What is known and advised stays the same, too.
    expect(again.slice(again.indexOf('Known'))).toEqual(lines.slice(lines.indexOf('Known')));
  });

  it('decides on single ads by day where these have the evidence, and keeps the decision', async () => {
    const header = ['Ad ID', 'Ad name', 'Campaign name', 'Day', 'Impressions', 'Link clicks'];
    const money = ['Amount spent (EUR)', 'Purchases', 'Purchases conversion value'];
    const rows = Array.from({ length: 28 }, (_, day) =>
      ['Blue', 'Red', 'Green'].map((name, index) => {
        const date = `2026-02-${String(day + 1).padStart(2, '0')}`;
        const sold = 5 - 2 * index;
        return [900 + index, name, 'Spring', date, 9000, 100, 50, sold, sold * 40];
      }),
    ).flat();
    const file = await fileOf('by-day.csv', [[...header, ...money], ...rows]);
    const lines = await told((say) => runInput(server.app, { ...input, file }, say));
    const text = lines.join('\n');
    expect(text).toContain('Created account "demo-input-by-day" in EUR.');
    expect(text).toContain('Figures by day from 2026-02-01 to 2026-02-28 (28 days).');
    expect(text).toContain('Budget: 150.00 EUR a day, the mean daily spend');
    expect(text).toContain('Level: single ads (3 cells)');
    expect(text).toContain('"Green" (ad 902): 50.00 →');
    expect(text).toContain('The decision is stored');
    const { body } = await server.admin<{ items: { total_budget: number }[] }>(
      'GET',
      '/v1/sampling/decisions?account_id=demo-input-by-day',
    );
    expect(body.items).toHaveLength(1);
  });

  it.each([
    ['of the id that the export would have', 'demo-input-taken', null],
    ['that is named', 'mine', 'mine'],
  ])(
    'leaves an account alone that a person made, also one %s',
    async (_, account_id, accountId) => {
      const account = { account_id, name: 'Mine', currency: 'USD' };
      expect((await server.admin('POST', '/v1/accounts', account)).status).toBe(201);
      const header = ['Ad ID', 'Impressions', 'Clicks (all)', 'Amount spent (USD)'];
      const file = await fileOf('taken.csv', [header, [1, 10, 1, 1]]);
      const refused = runInput(server.app, { ...input, file, accountId }, () => undefined);
      await expect(refused).rejects.toThrow(`Account "${account_id}" was not made by a demo`);
      const ads = await server.admin<{ items: unknown[] }>(
        'GET',
        `/v1/ads?account_id=${account_id}`,
      );
      expect(ads.body.items).toEqual([]);
    },
  );

  it('says in one sentence what is wrong with a file', async () => {
    const missing = runInput(
      server.app,
      { ...input, file: join(folder, 'none.csv') },
      () => undefined,
    );
    await expect(missing).rejects.toThrow(/^There is no file .*none\.csv: check the path\.$/);
    const currency = runInput(
      server.app,
      { ...input, file: join(folder, 'by-day.csv'), currency: 'USD' },
      () => undefined,
    );
    await expect(currency).rejects.toThrow('Nothing was imported');
    // What an earlier demo showed stays.
    expect((await server.admin('GET', '/v1/accounts/demo-input-by-day')).status).toBe(200);
    const file = await fileOf('letter.csv', [['Dear', 'Sir']]);
    const letter = runInput(server.app, { ...input, file }, () => undefined);
    await expect(letter).rejects.toThrow('Nothing was imported');
    // No empty account is left behind.
    const left = [
      ['Ad ID', 'Impressions', 'Clicks (all)', 'Amount spent (USD)'],
      [1, 'x', 'y', 'z'],
    ];
    const bad = await fileOf('bad-rows.csv', left);
    expect(await runInput(server.app, { ...input, file: bad }, () => undefined)).toBe(1);
    for (const id of ['demo-input-letter', 'demo-input-bad-rows']) {
      expect([id, (await server.admin('GET', `/v1/accounts/${id}`)).status]).toEqual([id, 404]);
    }
  });
});
