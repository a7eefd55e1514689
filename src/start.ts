// From an environment to a running server, and back down again. Commands and tests use the same
// steps as `npm start`.
import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SecretsKeyCheck } from './accounts/index.js';
import { AppModule } from './app.module.js';
import { secretsKeyBytes, type Config } from './shared/config/config.js';
import { dataFolderSecret } from './shared/database/data-folder-secrets.js';
import { openDatabase, type OpenDatabase } from './shared/database/open-database.js';
import { serveOpenApi } from './shared/http/openapi.js';
import { createHttpApp } from './shared/http/server.js';
import {
  AdminToken,
  Lifecycle,
  NestLog,
  PinoLog,
  SecretsKey,
  StartupError,
  SystemClock,
  type Basement,
} from './shared/index.js';

/** In-flight work has this long to end after SIGTERM; the whole stop stays under ten seconds. */
const DRAIN_MILLIS = 6000;

export interface RunningServer {
  app: NestFastifyApplication;
  /** e.g. http://127.0.0.1:3000 */
  url: string;
  /** Told once, to the person who started the server for the first time; null afterwards. */
  newAdminToken: string | null;
  /** Where a token that people did not choose is kept; null = ADMIN_TOKEN is set. */
  adminTokenFile: string | null;
  /** Resolves with one sentence when the server lost its database and cannot get it back. */
  lost: Promise<StartupError>;
  stop(): Promise<void>;
}

export async function startServer(config: Config): Promise<RunningServer> {
  const log = new PinoLog(config.logLevel);
  const database = await openDatabase(config, 'server', log.root);
  try {
    const token = await adminTokenOf(config);
    const basement = await basementOf(config, log, token.value);
    const app = await createHttpApp(AppModule.with(basement, { url: database.url }), log);
    serveOpenApi(app);
    try {
      await checkSecretsKey(app, config);
      await listen(app, config);
    } catch (error) {
      await app.close();
      throw error;
    }
    const { port } = app.getHttpServer().address() as { port: number };
    const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
    return {
      app,
      url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      newAdminToken: token.madeHere ? token.value : null,
      adminTokenFile: token.file,
      lost: database.lost,
      stop: () => stopServer(app, database),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The same application without HTTP and without schedules, for commands. */
export async function withApplication<T>(
  config: Config,
  use: (app: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const log = new PinoLog(config.logLevel);
  const database = await openDatabase(config, 'tool', log.root);
  try {
    // Nobody can knock at a command, so no token is kept for it: the first server makes it.
    const token = randomBytes(32).toString('hex');
    const basement = await basementOf({ ...config, cronEnabled: false }, log, token);
    const app = await NestFactory.createApplicationContext(
      AppModule.with(basement, { url: database.url }),
      { logger: new NestLog(log.root), abortOnError: false },
    );
    try {
      await checkSecretsKey(app, config);
      return await use(app);
    } finally {
      await app.close();
    }
  } finally {
    await database.close();
  }
}

interface KnownToken {
  value: string;
  madeHere: boolean;
  file: string | null;
}

async function adminTokenOf({ adminToken, dataDir }: Config): Promise<KnownToken> {
  if (adminToken !== null) return { value: adminToken, madeHere: false, file: null };
  return dataFolderSecret(dataDir, 'admin-token');
}

async function basementOf(config: Config, log: PinoLog, adminToken: string): Promise<Basement> {
  const { dataDir } = config;
  const secretsKey =
    config.secretsKey ??
    (config.databaseUrl === null ? (await dataFolderSecret(dataDir, 'secrets-key')).value : null);
  return {
    config,
    adminToken: new AdminToken(adminToken),
    secretsKey: new SecretsKey(secretsKey === null ? null : secretsKeyBytes(secretsKey)),
    clock: new SystemClock(),
    log,
  };
}

async function checkSecretsKey(
  app: INestApplicationContext,
  { secretsKeyForget }: Config,
): Promise<void> {
  const forgotten = await app.get(SecretsKeyCheck, { strict: false }).run(secretsKeyForget);
  // Not a line of the log, whose level may leave it out: a person has to act on it.
  if (forgotten !== null) process.stderr.write(`${forgotten}\n`);
}

async function listen(app: NestFastifyApplication, config: Config): Promise<void> {
  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') {
      throw new StartupError(
        `Port ${config.port} on ${config.host} is in use: stop the program that listens there, ` +
          'or set PORT to a free one.',
      );
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new StartupError(
        `Cannot listen on ${config.host}:${config.port} (${code}): choose another HOST or PORT.`,
      );
    }
    throw error;
  }
}

/** No new work, running work ends or is handed back, then the database: in that order. */
async function stopServer(app: NestFastifyApplication, database: OpenDatabase): Promise<void> {
  app.get(Lifecycle).startDraining();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DRAIN_MILLIS);
  });
  await Promise.race([app.close(), deadline]);
  clearTimeout(timer);
  await database.close();
}
