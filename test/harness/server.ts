// The real server on a free port, over a schema of its own: tests speak HTTP to it like any caller.
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../../src/app.module.js';
import { readConfig, type Config } from '../../src/shared/config/config.js';
import { serveOpenApi } from '../../src/shared/http/openapi.js';
import { createHttpApp } from '../../src/shared/http/server.js';
import { AdminToken, Clock, PinoLog, SecretsKey, SystemClock } from '../../src/shared/index.js';
import { createTestSchema } from './database.js';

export const TEST_ADMIN_TOKEN = 'test-admin-token-0123456789abcdefghijkl';

/** A worker holds what all of its specs have loaded: its memory says nothing of one server's. */
const ROOM_FOR_ALL_SPECS = {
  MEMORY_WARN_MB: '8000',
  MEMORY_SKIP_MB: '9000',
  MEMORY_CRITICAL_MB: '10000',
};

export interface Reply<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

export interface TestServer {
  url: string;
  app: NestFastifyApplication;
  /** A request with the admin token. */
  admin<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Reply<T>>;
  /** A request with any token (or none). */
  as<T = Record<string, unknown>>(
    token: string | null,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Reply<T>>;
  close(): Promise<void>;
}

export interface TestServerOptions {
  /** Environment variables in the words of the contract. */
  env?: Record<string, string>;
  clock?: Clock;
  /** Share the schema of another server, e.g. to run two processes' worth of it. */
  schema?: Awaited<ReturnType<typeof createTestSchema>>;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const schema = options.schema ?? (await createTestSchema());
  const config: Config = readConfig({
    ADMIN_TOKEN: TEST_ADMIN_TOKEN,
    LOG_LEVEL: 'silent',
    CRON_ENABLED: 'false',
    DATABASE_URL: schema.address.url,
    ...ROOM_FOR_ALL_SPECS,
    ...options.env,
  });
  const log = new PinoLog(config.logLevel);
  const basement = {
    config,
    adminToken: new AdminToken(TEST_ADMIN_TOKEN),
    secretsKey: new SecretsKey(Buffer.alloc(32, 7)),
    clock: options.clock ?? new SystemClock(),
    log,
  };
  const app = await createHttpApp(AppModule.with(basement, schema.address), log);
  serveOpenApi(app, { viewer: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const as: TestServer['as'] = (token, method, path, body) =>
    request(`${url}${path}`, token, method, body);
  return {
    url,
    app,
    as,
    admin: (method, path, body) => as(TEST_ADMIN_TOKEN, method, path, body),
    close: async () => {
      await app.close();
      if (!options.schema) await schema.drop();
    },
  };
}

async function request<T>(
  url: string,
  token: string | null,
  method: string,
  body: unknown,
): Promise<Reply<T>> {
  const isText = typeof body === 'string';
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': isText ? 'text/csv' : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : { text }) as T,
  };
}
