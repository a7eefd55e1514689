// Who waits for whom in delivery: pixels for nobody, batches of one pixel for a first that Meta
// takes.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { DeliveryService } from '../src/attribution/index.js';
import { createAccount, type TestAccount } from './harness/accounts.js';
import { PIXEL, purchase, startCapi, storePixel, type CapiSetup } from './harness/capi.js';

const OTHER_PIXEL = '900900900';

let setup: CapiSetup;
let other: TestAccount;

beforeAll(async () => {
  setup = await startCapi();
  other = await createAccount(setup.server, 'second');
  setup.capi.pixels.add(OTHER_PIXEL);
  await storePixel(setup.server, 'second', OTHER_PIXEL);
});
afterAll(() => setup.close());
afterEach(async () => {
  setup.graph.hold = () => Promise.resolve();
  await setup.server.app.get(DataSource).query('delete from capi_pixels');
});

const post = (data: unknown[], key = setup.account.key) =>
  setup.server.as(key, 'POST', '/v1/conversions', { data });
const arrived = (eventId: string) =>
  setup.capi.effective.some((event) => event.eventId === eventId);
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}
async function queue(prefix: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1000) {
    await post(Array.from({ length: 1000 }, (_, index) => purchase(`${prefix}-${from + index}`)));
  }
}
const pauses = (): Promise<{ reason: string }[]> =>
  setup.server.app
    .get(DataSource)
    .query('select reason from capi_pixels where paused_until > now()');
type Item = Record<string, unknown>;
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('several pixels', () => {
  it('do not wait for one of them that hangs', async () => {
    const { opened, open } = gate();
    setup.graph.hold = ({ path }) => (path.startsWith(PIXEL) ? opened : Promise.resolve());
    await post([purchase('hangs')]);
    await post([purchase('goes-1')], other.key);
    const running = setup.runCapi();
    await until(() => arrived('goes-1'));
    expect(arrived('hangs')).toBe(false);
    // Whoever looks meanwhile sees what was counted so far, in both places.
    const seen = async () => {
      const { body: jobs } = await setup.server.admin<Item[]>('GET', '/admin/jobs');
      const { body } = await setup.server.admin('GET', '/admin/jobs/runs?name=capi');
      const [run] = body['items'] as Item[];
      const job = jobs.find(({ name }) => name === 'capi');
      return [run, job?.['last_run'] as Item].map((one) => [one?.['status'], one?.['counts']]);
    };
    let counted = await seen();
    for (let look = 0; look < 100 && JSON.stringify(counted).includes('{}'); look++)
      counted = await seen();
    open();
    const sofar = ['running', { calls: 2, delivered: 1 }];
    expect(counted).toEqual([sofar, sofar]);
    expect(await running).toMatchObject({ delivered: 2 });
  });
});

describe('batches of one pixel', () => {
  it('go side by side once Meta has taken one', async () => {
    await queue('lane', 5000);
    const { opened, open } = gate();
    const seen = setup.graph.calls;
    let held = 0;
    setup.graph.hold = () => {
      if (setup.graph.calls - seen === 1) return Promise.resolve();
      held += 1;
      return opened;
    };
    const running = setup.runCapi();
    await until(() => held === 3);
    open();
    expect(await running).toMatchObject({ calls: 5, delivered: 5000 });
    expect(setup.capi.effective.filter(({ eventId }) => eventId.startsWith('lane-')).length).toBe(
      5000,
    );
  });

  it('cost one call, not several, while the pixel is down', async () => {
    await queue('down', 3000);
    setup.capi.pixels.delete(PIXEL);
    expect(await setup.runCapi()).toMatchObject({ calls: 1, handed_back: 1000 });
    setup.capi.pixels.add(PIXEL);
    await setup.server.app.get(DataSource).query('delete from capi_pixels');
    expect(await setup.runCapi()).toMatchObject({ delivered: 3000 });
  });

  it('leave a pause alone that came while they were on their way', async () => {
    await queue('throttled', 4000);
    const { opened, open } = gate();
    const seen = setup.graph.calls;
    setup.graph.hold = async () => {
      const number = setup.graph.calls - seen;
      if (number === 3) setup.graph.faults.queue('write', THROTTLE);
      if (number === 2) await opened;
    };
    const running = setup.runCapi();
    while ((await pauses()).length === 0);
    open();
    expect(await running).toMatchObject({ handed_back: 1000 });
    expect(await pauses()).toEqual([{ reason: 'Meta throttles' }]);
  });
});

describe('a pixel without credentials', () => {
  const show = (key: string, eventId: string) =>
    setup.server.as(key, 'GET', `/v1/conversions/${eventId}`);

  beforeAll(() => setup.runCapi());

  it('is not due until they come, says so, and goes at once then', async () => {
    const bare = await createAccount(setup.server, 'bare');
    await post([purchase('bare-1')], bare.key);
    expect(await setup.runCapi()).toEqual({ without_credentials: 1 });
    expect(await setup.runCapi()).toEqual({ nothing_due: true });
    expect((await show(bare.key, 'bare-1')).body).toMatchObject({
      status: 'queued',
      waits_for: 'waiting for credentials of the account',
    });
    setup.capi.pixels.add('600600600');
    await storePixel(setup.server, 'bare', '600600600');
    expect(await setup.runCapi()).toMatchObject({ delivered: 1 });
    expect((await show(bare.key, 'bare-1')).body).toMatchObject({ waits_for: null });
  });

  it('holds nobody up, however many there are', async () => {
    const delivery = setup.server.app.get(DeliveryService);
    for (let index = 0; index < 9; index += 1) {
      const { key } = await createAccount(setup.server, `a-bare-${index}`);
      await post([purchase('waits')], key);
    }
    await post([purchase('does-not-wait')]);
    for (let polls = 0; polls < 4 && !arrived('does-not-wait'); polls += 1) {
      await delivery.poll();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(arrived('does-not-wait')).toBe(true);
    await setup.server.app
      .get(DataSource)
      .query(`update conversions set status = 'suppressed' where account_id like 'a-bare-%'`);
  });

  it('keeps intake and the others going when what is stored does not open', async () => {
    const database = setup.server.app.get(DataSource);
    const sealed =
      'update account_credentials set sealed = $2, updated_at = now() where account_id = $1';
    const [stored]: { sealed: Buffer }[] = await database.query(
      `select sealed from account_credentials where account_id = 'second'`,
    );
    await database.query(sealed, ['second', Buffer.alloc(80, 1)]);
    const { status, body } = await post([purchase('sealed')], other.key);
    expect([status, body['accepted']]).toEqual([202, 1]);
    const asMeta = await setup.server.as(other.key, 'POST', `/v25.0/${OTHER_PIXEL}/events`, {
      data: [purchase('sealed'), purchase('sealed-2')],
      access_token: other.key,
    });
    expect(asMeta).toMatchObject({ status: 200, body: { events_received: 2 } });
    await post([purchase('not-sealed')]);
    expect(await setup.runCapi()).toMatchObject({ delivered: 1, without_credentials: 2 });
    expect((await show(other.key, 'sealed')).body).toMatchObject({
      status: 'queued',
      waits_for: expect.stringContaining('another SECRETS_KEY'),
    });
    await database.query(sealed, ['second', stored!.sealed]);
    expect(await setup.runCapi()).toMatchObject({ delivered: 2 });
  });
});

const THROTTLE = { kind: 'error', error: { code: 17, subcode: 2446079 } } as const;
