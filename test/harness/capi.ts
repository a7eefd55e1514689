// A server that delivers to a fake Graph server, and events to feed it with.
import { FakeCapi } from '../fake-graph/fake-graph-capi.js';
import { FakeGraphServer } from '../fake-graph/fake-graph-server.js';
import { createAccount, type TestAccount } from './accounts.js';
import { startTestServer, type TestServer } from './server.js';

export const PIXEL = '700700700';
export const CAPI_TOKEN = 'EAAtesttokenforcapi0001';

export interface CapiSetup {
  server: TestServer;
  graph: FakeGraphServer;
  capi: FakeCapi;
  account: TestAccount;
  runCapi(): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export async function startCapi(env: Record<string, string> = {}): Promise<CapiSetup> {
  const graph = await FakeGraphServer.start();
  graph.world.addToken(CAPI_TOKEN, 'app-secret');
  const capi = new FakeCapi(new Set([PIXEL]));
  graph.routes.splice(1, 0, capi.route);
  const server = await startTestServer({
    env: { META_GRAPH_URL: graph.url, RETRY_BASE_MS: '1', RETRY_MAX_MS: '5', ...env },
  });
  const account = await createAccount(server, 'shop');
  await storePixel(server, 'shop', PIXEL);
  return {
    server,
    graph,
    capi,
    account,
    runCapi: async () => {
      const { status, body } = await server.admin('POST', '/admin/jobs/capi/run?wait=true');
      if (status !== 200 || body['status'] !== 'succeeded') throw new Error(JSON.stringify(body));
      return body['counts'] as Record<string, unknown>;
    },
    close: async () => {
      await server.close();
      await graph.close();
    },
  };
}

export async function storePixel(
  server: TestServer,
  accountId: string,
  pixelId: string,
  token = CAPI_TOKEN,
): Promise<void> {
  const { status, body } = await server.admin('PUT', `/v1/accounts/${accountId}/credentials`, {
    meta: { access_token: token, app_secret: 'app-secret', pixel_id: pixelId },
  });
  if (status !== 200) throw new Error(JSON.stringify(body));
}

export const nowSeconds = () => Math.floor(Date.now() / 1000);

export function purchase(eventId: string, extra: Record<string, unknown> = {}) {
  return {
    event_name: 'Purchase',
    event_time: nowSeconds() - 60,
    event_id: eventId,
    action_source: 'website',
    event_source_url: 'https://shop.example/thanks',
    user_data: { em: `${eventId}@example.com`, client_user_agent: 'Mozilla/5.0' },
    custom_data: { value: 10, currency: 'USD' },
    ...extra,
  };
}
