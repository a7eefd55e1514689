import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GraphClient } from '../src/platforms/meta/graph-client.js';
import type { GraphErrorFields } from './fake-graph/fake-graph-errors.js';
import type { Fault } from './fake-graph/fake-graph-faults.js';
import { FakeGraphServer } from './fake-graph/fake-graph-server.js';
import {
  CREDENTIALS,
  closeMetaBench,
  failure,
  startMetaBench,
  type MetaBench,
} from './fake-graph/meta-bench.js';

let bench: MetaBench;
let graph: FakeGraphServer;
let client: GraphClient;
let impatient: GraphClient;

const LATE_MS = 5000;

beforeEach(async () => {
  bench = await startMetaBench();
  ({ graph, client, impatient } = bench);
});
afterEach(() => closeMetaBench(bench));

describe('a write through the Graph client', () => {
  it('carries what people write in a form whole', async () => {
    for (const name of ['A & B = 50% off', 'a+b ü "ß" 漢字 #1?', '  \n']) {
      await client.post(CREDENTIALS, '7', { name });
      expect(graph.world.object('7').name).toBe(name);
    }
    expect(graph.requests[0]?.body).toMatch(
      /^access_token=[^&]+&appsecret_proof=[^&]+&name=A%20%26%20B%20%3D%2050%25%20off$/,
    );
  });

  it('is ambiguous after a timeout and where nobody listens', async () => {
    graph.faults.queue('write', { kind: 'delay', ms: LATE_MS });
    const late = await failure(impatient.post(CREDENTIALS, '7', { daily_budget: 6000 }));
    expect([late.kind, late.message]).toEqual([
      'ambiguous',
      'Meta may have taken the write, but sent no answer within 150 ms',
    ]);
    const nobody = new GraphClient({ baseUrl: 'http://127.0.0.1:9', version: 'v25.0' });
    expect((await failure(nobody.post(CREDENTIALS, '7', {}))).kind).toBe('ambiguous');
    expect((await failure(nobody.get(CREDENTIALS, '7', {}))).kind).toBe('transient');
  });
});

describe('each class of error of Meta', () => {
  const usage = JSON.stringify({
    '1000': [{ type: 'ads_management', estimated_time_to_regain_access: 2 }],
  });
  const headers = { 'x-business-use-case-usage': usage };

  it.each<[string, GraphErrorFields, number | null]>([
    ['transient', { code: 2, isTransient: true }, null],
    ['throttled', { code: 80004, subcode: 2446079 }, 120_000],
    ['auth', { code: 190, subcode: 460 }, null],
    ['permission', { code: 200 }, null],
    ['invalid', { code: 100, blamed: ['x'], errorDataAsText: true }, null],
  ])('%s on a read, whatever the HTTP status', async (kind, error, retryAfterMs) => {
    for (const status of [200, 400, 500]) {
      graph.faults.queue('read', { kind: 'error', error, status, headers });
      const thrown = await failure(client.get({ ...CREDENTIALS, adAccountId: '1000' }, '7', {}));
      expect([thrown.kind, thrown.retryAfterMs]).toEqual([kind, retryAfterMs]);
    }
  });

  it('transient on a read after a reset, a late or an unreadable answer', async () => {
    const faults: Fault[] = [
      { kind: 'reset', applied: false },
      { kind: 'service_unavailable', applied: false },
      { kind: 'raw', text: '"Service Unavailable"', applied: false },
    ];
    for (const fault of faults) {
      graph.faults.queue('read', fault);
      expect((await failure(client.get(CREDENTIALS, '7', {}))).kind).toBe('transient');
    }
    graph.faults.queue('read', { kind: 'delay', ms: LATE_MS });
    expect((await failure(impatient.get(CREDENTIALS, '7', {}))).kind).toBe('transient');
  });

  it('auth for an expired, an unknown and a malformed token, which no message quotes', async () => {
    const known = graph.world.tokens.get(CREDENTIALS.accessToken);
    if (known) known.expired = true;
    expect((await failure(client.get(CREDENTIALS, '7', {}))).kind).toBe('auth');
    for (const accessToken of ['short-token', 'bad\ntoken', '']) {
      const error = await failure(client.get({ accessToken, appSecret: null }, '7', {}));
      expect(error.kind).toBe('auth');
      expect(error.message).not.toMatch(/short-token|bad/);
    }
  });
});

describe('paging', () => {
  const query = { level: 'adset', fields: 'adset_id', limit: 1 };
  const page = (next: string) =>
    ({
      kind: 'raw',
      text: JSON.stringify({ data: [], paging: { next } }),
      applied: false,
    }) as const;

  async function allRows(): Promise<number> {
    let rows = 0;
    for await (const one of client.pages(CREDENTIALS, 'act_1000/insights', query)) {
      rows += one.rows.length;
    }
    return rows;
  }

  beforeEach(() => {
    for (const id of ['70', '71', '72']) {
      graph.world.addObject({ id, type: 'adset', impressions: 5 });
    }
  });

  it('follows the links to the end without the token that stands in them', async () => {
    expect(await allRows()).toBe(3);
    expect(graph.requests).toHaveLength(3);
    expect(graph.requests[2]?.url).toContain('after=2');
    expect(graph.requests.map(({ url }) => url).join()).not.toContain('access_token');
  });

  it('follows an empty page', async () => {
    graph.faults.queue('read', page(`${graph.url}/v25.0/act_1000/insights?level=adset&limit=9`));
    expect(await allRows()).toBe(3);
  });

  it('never follows a link to another host', async () => {
    const elsewhere = await FakeGraphServer.start();
    graph.faults.queue('read', page(`${elsewhere.url}/v25.0/act_1000/insights?level=adset`));
    expect((await failure(allRows())).kind).toBe('invalid');
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
    graph.faults.queue('read', page('not a link'));
    expect((await failure(allRows())).kind).toBe('invalid');
  });

  it('ends a chain that leads in a circle', async () => {
    const circle = page(`${graph.url}/v25.0/act_1000/insights`);
    graph.faults.queue('read', ...Array.from({ length: 5 }, () => circle));
    expect((await failure(allRows())).message).toContain('more than 5 pages');
  });
});
