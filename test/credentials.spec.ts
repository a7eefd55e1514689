// Credentials are tried when they are stored: the answer says what they may do, or why not.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { adInput, createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';
import { FakeGraphServer } from './fake-graph/fake-graph-server.js';

const TOKEN = 'EAAsecretTokenOfTheTests';
const MAY_BOTH = 'Ad account act_1000 can be read. The token may read and change ads.';

let graph: FakeGraphServer;
let port: number;
let server: TestServer;
let acme: TestAccount;

beforeAll(async () => {
  graph = await FakeGraphServer.start();
  port = Number(new URL(graph.url).port);
  server = await startTestServer({ env: { META_GRAPH_URL: graph.url } });
  acme = await createAccount(server, 'acme');
  await graph.close();
});
beforeEach(async () => {
  graph = await FakeGraphServer.start({}, port);
  graph.world.addToken(TOKEN);
});
afterEach(() => graph.close().catch(() => undefined));
afterAll(() => server.close());

const put = (meta: object, account = acme) =>
  server.as<{ meta: boolean; checks: { meta: { outcome: string; detail: string } } }>(
    ...([account.key, 'PUT', `/v1/accounts/${account.accountId}/credentials`, { meta }] as const),
  );

describe('figures of an account', () => {
  it('are asked at the level of each object, of archived ones for two days more', async () => {
    const { accountId, key } = await createAccount(server, 'measured');
    await put({ access_token: TOKEN, ad_account_id: '1000' }, { accountId, key });
    await server.as(key, 'PUT', '/v1/ads', {
      ads: [
        adInput('1', { entity_type: 'campaign' }),
        adInput('7'),
        adInput('8', { status: 'archived' }),
        adInput('9', { status: 'archived' }),
      ],
    });
    await server.app.get(DataSource).query(
      `update ads set updated_at = now() - case ad_id when '8' then interval '47 hours'
                                                      else interval '49 hours' end
        where account_id = $1`,
      [accountId],
    );
    graph.requests.length = 0;
    await server.admin('POST', '/admin/jobs/metrics/run?wait=true');
    const asked = graph.requests.flatMap(({ url }) => {
      const { pathname, searchParams } = new URL(url, graph.url);
      if (!pathname.endsWith('/insights')) return [];
      const [filter] = JSON.parse(searchParams.get('filtering') ?? '[]') as { value: string[] }[];
      return [[searchParams.get('level'), filter?.value]];
    });
    expect(asked).toEqual([
      ['campaign', ['1']],
      ['adset', ['7', '8']],
    ]);
  });
});

describe('credentials that are stored', () => {
  it('are told to be good, and what they may do', async () => {
    const { status, body } = await put({ access_token: TOKEN, ad_account_id: 'act_1000' });
    expect([status, body]).toEqual([
      200,
      {
        ...{ meta: true, x: false, bluesky: false },
        checks: {
          meta: {
            ...{ outcome: 'accepted', detail: MAY_BOTH },
            permissions: ['ads_management', 'ads_read'],
          },
        },
      },
    ]);
    expect(graph.requests.map(({ url }) => url.split('?')[0]).sort()).toEqual([
      '/v25.0/act_1000',
      '/v25.0/me/permissions',
    ]);
    expect(JSON.stringify(graph.requests.map(({ url }) => url))).not.toContain(TOKEN);
  });

  it('are told to read only, and to name no ad account', async () => {
    graph.world.tokens.get(TOKEN)!.readOnly = true;
    const { body } = await put({ access_token: TOKEN });
    expect(body.checks.meta).toEqual({
      outcome: 'accepted',
      detail:
        'No ad account is named. ' +
        'The token may read ads, not change them (ads_management is missing).',
      permissions: ['ads_read'],
    });
  });

  it.each([
    ['an unknown token', { access_token: 'EAAanotherTokenOfSomebody' }, /code 190/],
    [
      ...['another ad account'],
      { access_token: TOKEN, ad_account_id: '77' },
      /^The ad account cannot be read: .*code 100/,
    ],
  ] as [string, object, RegExp][])('are told to be refused: %s', async (_, meta, words) => {
    const { status, body } = await put(meta);
    expect([status, body.meta, body.checks.meta]).toEqual([
      ...[200, true],
      { outcome: 'refused', detail: expect.stringMatching(words) },
    ]);
    expect(JSON.stringify(body)).not.toContain('EAA');
  });

  it('are stored though the platform is down', async () => {
    await graph.close();
    const fresh = await createAccount(server, 'fresh');
    const { status, body } = await put({ access_token: TOKEN, ad_account_id: '1000' }, fresh);
    expect([status, body.meta, body.checks.meta.outcome]).toEqual([200, true, 'not_reached']);
  });

  it('wait for a slow platform without holding up anybody else', async () => {
    for (let call = 0; call < 60; call += 1) {
      graph.faults.queue('read', { kind: 'delay', ms: 2500 });
    }
    const slow = Array.from({ length: 20 }, () =>
      put({ access_token: TOKEN, ad_account_id: '1000' }),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    const began = performance.now();
    expect((await server.admin('GET', '/v1/accounts')).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(1000);
    for (const { body } of await Promise.all(slow)) expect(body.checks.meta.detail).toBe(MAY_BOTH);
  });
});
