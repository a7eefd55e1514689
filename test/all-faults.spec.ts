// Whoever mends what was named is not told of the next fault: all of them are named at once.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAccount, type TestAccount } from './harness/accounts.js';
import { startTestServer, type TestServer } from './harness/server.js';

let server: TestServer;
let acme: TestAccount;

beforeAll(async () => {
  server = await startTestServer();
  acme = await createAccount(server, 'acme');
});
afterAll(() => server.close());

async function pointersOf(method: string, path: string, body?: object): Promise<string[]> {
  const { status, body: answer } = await server.as(acme.key, method, path, body);
  expect([path, status]).toEqual([path, 400]);
  return (answer['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort();
}

const LATE = '2090-01-01T00:00:00Z';

describe('every fault is named at once', () => {
  it('of a list: its cursor and its clock', async () => {
    expect(await pointersOf('GET', `/v1/ads?cursor=none&as_of=${LATE}`)).toEqual([
      ...['/as_of', '/cursor'],
    ]);
  });

  it('of a question for patterns: its creative, its cursor and its clock', async () => {
    const path = `/v1/learning/patterns?features=%7B&cursor=none&as_of=${LATE}`;
    expect(await pointersOf('GET', path)).toEqual(['/as_of', '/cursor', '/features']);
  });

  it.each(['events', 'clicks', 'snapshots'])('of a report of %s: items and clock', async (list) => {
    const path = list === 'snapshots' ? '/v1/metrics' : `/v1/${list}`;
    const body = { [list]: [], as_of: LATE };
    expect(await pointersOf('POST', path, body)).toEqual(['/as_of', `/${list}`]);
  });

  it('of an event: its shape, its ad, its currency and its time', async () => {
    const event = { event_id: 'e', ad_id: 'none', type: 'click', count: -1, currency: 'JPY' };
    const events = [{ ...event, occurred_at: LATE }];
    const { body } = await server.as(acme.key, 'POST', '/v1/events', { events });
    const [{ detail = '' } = {}] = body['rejected'] as { detail?: string }[];
    for (const field of ['/count', '/ad_id', '/currency', '/occurred_at']) {
      expect(detail).toContain(`${field} `);
    }
  });

  it('of a click and of an adjustment: the shape, the content and the time', async () => {
    const click = { click_id: 'c', ad_id: 7, landed_at: LATE };
    const adjustment = { adjustment_id: 'a', kind: 'value', occurred_at: LATE };
    const faults = async (path: string, body: object) => {
      const answer = await server.as(acme.key, 'POST', path, body);
      const [{ detail = '' } = {}] = answer.body['rejected'] as { detail?: string }[];
      return detail;
    };
    const ofClick = await faults('/v1/clicks', { clicks: [click] });
    expect(ofClick).toMatch(/\/ad_id .*; .*\/landed_at lies in the future/);
    const adjust = (item: object) =>
      faults('/v1/conversions/adjustments', { adjustments: [{ ...adjustment, ...item }] });
    expect(await adjust({ event_id: 7 })).toMatch(
      /\/event_id .*; \/occurred_at lies in the future/,
    );
    expect(await adjust({ order_id: 'o' })).toBe(
      '/occurred_at lies in the future; /value_delta is required',
    );
  });

  it('of a snapshot and of a day: the shape, the ad and the time', async () => {
    const numbers = { ad_id: 'none', impressions: -1, clicks: 0, spend: 0 };
    const { body } = await server.as(acme.key, 'POST', '/v1/metrics', {
      snapshots: [{ ...numbers, observed_at: LATE }],
      days: [{ ...numbers, date: '2090-01-01' }],
    });
    const [snapshot, day] = body['rejected'] as { detail: string }[];
    for (const field of ['/impressions', '/ad_id']) {
      expect(snapshot?.detail).toContain(`${field} `);
      expect(day?.detail).toContain(`${field} `);
    }
    expect(snapshot?.detail).toContain('/observed_at ');
    expect(day?.detail).toContain('/date ');
  });
});
