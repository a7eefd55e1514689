// The server process of the embedded database: who it is (postmaster.pid), starting one, stopping
// it. Only PostgreSQL's own lock file decides which of two simultaneous starts wins.
import { spawn } from 'node:child_process';
import { readFile, rename, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { StartupError } from '../../errors.js';
import { type Binaries, cannotRun } from './binaries.js';
import { createUnfinished, isMissing } from './files.js';
import type { Launcher } from './launcher.js';
import { commandLine, isAlive, sleep } from './processes.js';

export const POLL_MS = 20;
const STOP_FAST_MS = 8000;
const STOP_AT_ONCE_MS = 2000;
/**
 * A start writes its pid file within milliseconds; one empty for longer is a power cut's remnant.
 */
const EMPTY_FILE_MS = 2000;
const WINDOWS = process.platform === 'win32';

/**
 * Modest memory, full durability. Statements stay out of the log: they hold personal data, every
 * error reaches our own client anyway, and the file would grow without bound.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '100',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

export interface Running {
  pid: number;
  /** null while it has not come as far as writing it. */
  port: number | null;
}

/**
 * The postmaster of these files if one lives. A pid file whose pid went to a stranger is removed.
 */
export async function findRunning(folder: string): Promise<Running | null> {
  const file = join(folder, 'postmaster.pid');
  const text = await readPidFile(file);
  if (text === null) return null;
  const [pid = Number.NaN, , , port = Number.NaN] = text.split('\n').map(Number);
  if (!Number.isInteger(pid) || pid <= 0) {
    await sleep(EMPTY_FILE_MS);
    if ((await readPidFile(file)) === text) await rm(file, { force: true });
    return null;
  }
  // PostgreSQL itself replaces the file of a dead process.
  if (!isAlive(pid)) return null;
  if (pid !== process.pid && (await isPostmasterOf(pid, folder))) {
    return { pid, port: port > 0 ? port : null };
  }
  if ((await readPidFile(file)) === text) await rm(file, { force: true });
  return null;
}

export type StartOutcome = 'ready' | 'again';

/**
 * Starts one and waits until `accepts` holds. 'again' means that another process was faster, the
 * port was taken, or children of a killed postmaster are still going: look again from the
 * beginning.
 */
export async function startPostmaster(
  dataDir: string,
  folder: string,
  binaries: Binaries,
  launcher: Launcher,
  accepts: (port: number) => Promise<boolean>,
  wantedPort: number | null,
): Promise<StartOutcome> {
  const port = await freePort(wantedPort);
  const { path: logFile, handle: log } = await createUnfinished(dataDir, 'postgres.log');
  const settings = Object.entries({ ...SETTINGS, port: String(port) });
  const args = settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = launcher.spawn(
    binaries.postgres,
    ['-D', folder, ...args],
    ['ignore', log.fd, log.fd],
  );
  let failure: StartupError | null = null;
  child.on('error', (error) => (failure = cannotRun(binaries.postgres, error)));
  child.unref();
  await log.close();
  try {
    while (failure === null && child.exitCode === null && child.signalCode === null) {
      if (await accepts(port)) {
        // One log per run, so it cannot grow for ever. Windows cannot rename a file in use.
        await rename(logFile, join(dataDir, 'postgres.log')).catch(() => undefined);
        return 'ready';
      }
      await sleep(POLL_MS);
    }
    if (failure !== null) throw failure as StartupError;
    const outcome = judgeFailure(await readFile(logFile, 'utf8'), folder);
    await rm(logFile, { force: true });
    return outcome;
  } catch (error) {
    child.kill('SIGINT');
    await rename(logFile, join(dataDir, 'postgres.log')).catch(() => undefined);
    throw error;
  }
}

/** Fast stop; when that takes too long, at once (the next start then replays the log). */
export async function stopPostmaster(
  folder: string,
  binaries: Binaries,
  launcher: Launcher,
): Promise<void> {
  const running = await findRunning(folder);
  if (running === null) return;
  if (WINDOWS) {
    launcher.spawn(binaries.pgCtl, ['stop', '-D', folder, '-m', 'fast'], 'ignore');
  } else signal(running.pid, 'SIGINT');
  if (await isGone(running.pid, STOP_FAST_MS)) return;
  if (WINDOWS) spawn('taskkill', ['/pid', String(running.pid), '/f', '/t'], { stdio: 'ignore' });
  else signal(running.pid, 'SIGQUIT');
  await isGone(running.pid, STOP_AT_ONCE_MS);
}

function judgeFailure(output: string, folder: string): StartOutcome {
  const passing = [
    /lock file "postmaster\.pid" (already exists|is empty)/,
    /pre-existing shared memory block/,
    /Address already in use|could not bind/i,
    // Another process found it before us, was done with it, and stopped it.
    /received (fast|immediate) shutdown request/,
  ];
  if (passing.some((pattern) => pattern.test(output))) return 'again';
  const told = output
    .split('\n')
    .filter((line) => /FATAL|PANIC|DETAIL|cannot open/.test(line) && !/starting up$/.test(line))
    .map((line) => line.replace(/^.*?(FATAL|PANIC|DETAIL):\s*/, ''));
  const cause = told.join(' ') || output.trim().split('\n').at(-1) || 'it ended without a word';
  throw new StartupError(
    `The embedded database in ${folder} does not start: ${cause} Mend this, choose another DATA_DIR, or set DATABASE_URL.`,
  );
}

async function isPostmasterOf(pid: number, folder: string): Promise<boolean> {
  const command = await commandLine(pid);
  if (command === null) return isAlive(pid);
  // tasklist knows no arguments, so Windows has the program's name only.
  return command.includes('postgres') && (WINDOWS || command.includes(` -D ${folder} `));
}

async function readPidFile(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function isGone(pid: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function signal(pid: number, name: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The wanted one unless a stranger has it. */
async function freePort(wanted: number | null): Promise<number> {
  const port = wanted === null ? null : await tryPort(wanted);
  return port ?? (await tryPort(0)) ?? 0;
}

/** The port (any for 0) when nobody listens there, else null. */
export async function tryPort(wanted: number): Promise<number | null> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(wanted, '127.0.0.1', () => resolve(true));
  });
  if (!isListening) return null;
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
