// What the measurements of conversions stand on: a server process, a local Graph server in this
// one, and a client that costs little beside them.
import { Agent, request } from 'node:http';
import { FakeCapi } from '../../test/fake-graph/fake-graph-capi.js';
import { FakeGraphServer } from '../../test/fake-graph/fake-graph-server.js';
import { startChild, type Child } from '../measure.js';

export const ACCOUNT = 'b';
const PIXEL = '700700700';
const TOKEN = 'EAAbenchtokenforcapi0001';
const ADMIN = 'bench-admin-token-0123456789abcdefghijkl';
/** Requests under way at a time: of a shop that sends in batches, and of many that send one. */
export const CONNECTIONS = 8;
export const MANY_CONNECTIONS = 32;

type Answer = Record<string, unknown>;

export class Rig {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });

  private constructor(
    readonly databaseUrl: string,
    readonly graph: FakeGraphServer,
    readonly capi: FakeCapi,
    public server: Child,
  ) {}

  /** A server with one account whose pixel the Graph server knows; nothing runs by itself. */
  static async start(databaseUrl: string, env: Record<string, string> = {}): Promise<Rig> {
    const graph = await FakeGraphServer.start();
    graph.world.addToken(TOKEN);
    const capi = new FakeCapi(new Set([PIXEL]));
    graph.routes.splice(1, 0, capi.route);
    const server = await startServerProcess(databaseUrl, graph.url, env);
    const rig = new Rig(databaseUrl, graph, capi, server);
    await rig.addAccount(ACCOUNT, PIXEL);
    return rig;
  }

  async addAccount(accountId: string, pixelId: string): Promise<void> {
    this.capi.pixels.add(pixelId);
    const account = { account_id: accountId, name: accountId, currency: 'USD' };
    await this.call('POST', '/v1/accounts', account);
    await this.call('PUT', `/v1/accounts/${accountId}/credentials`, {
      meta: { access_token: TOKEN, pixel_id: pixelId },
    });
  }

  /** Another process on the same database and the same Graph server. */
  anotherServer(env: Record<string, string> = {}): Promise<Child> {
    return startServerProcess(this.databaseUrl, this.graph.url, env);
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.server.stop();
    await this.graph.close();
  }

  /** Throws for every answer but a success. */
  call(method: string, path: string, content?: unknown, url = this.server.url): Promise<Answer> {
    const body = content === undefined ? '' : JSON.stringify(content);
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        authorization: `Bearer ${ADMIN}`,
      };
      const outgoing = request(
        `${url}${path}`,
        { method, agent: this.agent, headers },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => (text += chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(text) as Answer);
            else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`));
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** Everything due now, to the end. */
  async deliver(): Promise<void> {
    const { status, error } = await this.call('POST', '/admin/jobs/capi/run?wait=true', {});
    if (status !== 'succeeded') throw new Error(`the capi job: ${String(status)} ${String(error)}`);
  }
}

function startServerProcess(
  databaseUrl: string,
  graphUrl: string,
  env: Record<string, string>,
): Promise<Child> {
  return startChild('../src/main.js', [], {
    ...{ DATABASE_URL: databaseUrl, META_GRAPH_URL: graphUrl, ADMIN_TOKEN: ADMIN, PORT: '0' },
    ...{ SECRETS_KEY: 'ab'.repeat(32), LOG_LEVEL: 'error', CRON_ENABLED: 'false' },
    ...{ RATE_LIMIT_PER_MINUTE: '10000000', ...env },
  });
}

/** A purchase as a shop's server tells of it, with raw identifiers. */
export function purchase(index: number, extra: Record<string, unknown> = {}) {
  return {
    event_name: 'Purchase',
    event_time: Math.floor(Date.now() / 1000) - 60,
    event_id: `bench-${index}`,
    action_source: 'website',
    event_source_url: `https://shop.example/thanks?order=${index}&utm_content=1`,
    user_data: {
      em: `person${index}@example.com`,
      ph: `+1 650 555 ${String(index % 10_000).padStart(4, '0')}`,
      fn: 'Mary',
      ln: `O'Neil ${index}`,
      ct: 'Menlo Park',
      zp: '94025',
      country: 'us',
      client_user_agent: 'Mozilla/5.0',
    },
    custom_data: { value: 12.5, currency: 'USD' },
    ...extra,
  };
}

/**
 * Calls `work` with 0, size, 2·size … below `count`, several at a time (single ones more of them);
 * the seconds it took.
 */
export async function spread(
  count: number,
  size: number,
  work: (start: number, size: number) => Promise<unknown>,
): Promise<number> {
  const since = performance.now();
  let next = 0;
  const client = async () => {
    for (let start = next; start < count; start = next) {
      next += size;
      await work(start, Math.min(size, count - start));
    }
  };
  const clients = size === 1 ? MANY_CONNECTIONS : CONNECTIONS;
  await Promise.all(Array.from({ length: clients }, client));
  return (performance.now() - since) / 1000;
}
