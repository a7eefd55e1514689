// A fake Graph server with one small account in it, and the real client's two layers pointed at it.
import { expect } from '@jest/globals';
import type { AdObjectState, PlatformAccount } from '../../src/platforms/ads/ad-account.js';
import type { AdWrite, WriteReceipt } from '../../src/platforms/ads/ad-writer.js';
import { MetaAccountReader } from '../../src/platforms/meta/account-reader.js';
import { GraphClient } from '../../src/platforms/meta/graph-client.js';
import { MetaWriter } from '../../src/platforms/meta/meta-writer.js';
import { Config, PlatformError } from '../../src/shared/index.js';
import { FakeGraphServer } from './fake-graph-server.js';
import type { FakeWorldOptions } from './fake-graph-world.js';

const TOKEN = 'EAAsecretTokenOfTheTests';
const APP_SECRET = 'app-secret';
/** Of the impatient client only: on a busy machine a good answer takes longer than this. */
const IMPATIENT_MS = 150;
/** The rest of a circle is no news after as many pages. */
const PAGES_MAX = 5;

export const CREDENTIALS = {
  platform: 'meta' as const,
  accessToken: TOKEN,
  appSecret: APP_SECRET,
};

export interface MetaBench {
  graph: FakeGraphServer;
  reader: MetaAccountReader;
  writer: MetaWriter;
  client: GraphClient;
  /** The same, for answers that come late. */
  impatient: GraphClient;
}

/** Campaign 1 with a lifetime budget; campaign 2 without, its ad set 7 with one, and 7's ad 8. */
export async function startMetaBench(options: FakeWorldOptions = {}): Promise<MetaBench> {
  const graph = await FakeGraphServer.start(options);
  const { world } = graph;
  world.addToken(TOKEN, APP_SECRET);
  world.addObject({ id: '1', type: 'campaign', lifetimeBudget: 90_000 });
  world.addObject({ id: '2', type: 'campaign' });
  world.addObject({ id: '7', type: 'adset', parentId: '2', dailyBudget: 5000, bidAmount: 40 });
  world.addObject({ id: '8', type: 'ad', parentId: '7', bidAmount: 30 });
  const config = Object.assign(new Config(), { metaGraphUrl: graph.url });
  const reader = new MetaAccountReader(config);
  const writer = new MetaWriter(config);
  const address = { baseUrl: `${graph.url}/`, version: 'v25.0' };
  const client = new GraphClient({ ...address, pagesMax: PAGES_MAX });
  const impatient = new GraphClient({
    ...address,
    readTimeoutMs: IMPATIENT_MS,
    writeTimeoutMs: IMPATIENT_MS,
  });
  return { graph, reader, writer, client, impatient };
}

/** Every test ends here: whatever it did, no secret may have stood in a URL. */
export async function closeMetaBench({ graph }: MetaBench): Promise<void> {
  await graph.close();
  const leaks = graph.requests.filter(({ url }) => url.includes(TOKEN) || url.includes(APP_SECRET));
  expect(leaks).toEqual([]);
}

export function accountIn(currency: string): PlatformAccount {
  const credentials = { ...CREDENTIALS, pixelId: null, adAccountId: '1000' };
  return { accountId: 'shop', currency, timezone: 'UTC', credentials };
}

export function budget(adId: string, valueMinor: number): AdWrite {
  return { adId, changeType: 'budget', valueMinor };
}

/** What the object is, as the reader says without what only guards ask. */
export async function readOne(
  { reader }: MetaBench,
  account: PlatformAccount,
  adId: string,
): Promise<AdObjectState> {
  const [found] = await reader.readObjects(account, [adId]);
  if (found === undefined || found instanceof PlatformError) throw found;
  const { status, dailyBudgetMinor, lifetimeBudgetMinor, bidMinor } = found;
  return { adId, status, dailyBudgetMinor, lifetimeBudgetMinor, bidMinor };
}

export async function writeOne(
  { writer }: MetaBench,
  account: PlatformAccount,
  write: AdWrite,
): Promise<WriteReceipt> {
  const [receipt] = await writer.writeObjects(account, [write]);
  if (receipt === undefined || receipt instanceof PlatformError) throw receipt;
  return receipt;
}

/** The PlatformError that a promise ends with; anything else fails the test. */
export async function failure(promise: Promise<unknown>): Promise<PlatformError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(outcome instanceof PlatformError)) throw new Error(`no PlatformError: ${String(outcome)}`);
  return outcome;
}
