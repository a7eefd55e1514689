// The database's files in DATA_DIR/postgres. They are made under another name and renamed when
// complete, so a kill leaves nothing half-made and of two first starts at once one wins.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartupError } from '../../errors.js';
import { type Binaries, cannotRun } from './binaries.js';
import { isMissing, syncFolder, unfinishedName } from './files.js';
import type { Launcher } from './launcher.js';

export const DATABASE_USER = 'loopgain';
/** Kept inside the cluster: it comes into being by the same rename as the password it names. */
const PASSWORD_FILE = 'loopgain-password';
const OUTPUT_LENGTH_MAX = 16_384;

export interface Cluster {
  folder: string;
  password: string;
  madeHere: boolean;
}

export async function ensureCluster(
  dataDir: string,
  binaries: Binaries,
  launcher: Launcher,
): Promise<Cluster> {
  const folder = join(dataDir, 'postgres');
  const madeHere =
    !(await isCluster(folder)) && (await makeCluster(dataDir, folder, binaries, launcher));
  // Copied as root, or restored from a backup: the database's user must own its files.
  if (!madeHere && (await stat(folder)).uid === 0) await launcher.give(folder);
  try {
    return {
      folder,
      password: (await readFile(join(folder, PASSWORD_FILE), 'utf8')).trim(),
      madeHere,
    };
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new StartupError(
      `${join(folder, PASSWORD_FILE)} is missing, so its database cannot be opened: restore the file, or move ${folder} away to begin anew.`,
    );
  }
}

async function isCluster(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (isMissing(error)) return [];
    throw error;
  });
  if (names.includes('PG_VERSION')) return true;
  if (names.length === 0) return false;
  throw new StartupError(
    `${folder} holds something that is not a database: move it away or choose another DATA_DIR.`,
  );
}

/** False when another process was first; its database is then the one. */
async function makeCluster(
  dataDir: string,
  folder: string,
  binaries: Binaries,
  launcher: Launcher,
): Promise<boolean> {
  const workshop = join(dataDir, unfinishedName('postgres.new'));
  const made = join(workshop, 'cluster');
  const passwordFile = join(workshop, 'password');
  try {
    await mkdir(made, { recursive: true, mode: 0o700 });
    const password = randomBytes(24).toString('hex');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await launcher.give(workshop);
    await runInitdb(binaries, launcher, made, passwordFile);
    await rename(passwordFile, join(made, PASSWORD_FILE));
    await rename(made, folder);
    await syncFolder(dataDir);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(code) && (await isCluster(folder))) return false;
    throw error;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function runInitdb(
  { initdb }: Binaries,
  launcher: Launcher,
  folder: string,
  passwordFile: string,
): Promise<void> {
  const args = [
    `--pgdata=${folder}`,
    `--username=${DATABASE_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  // One call for the disk instead of one per file: a second less on a busy machine, as durable.
  if (process.platform === 'linux') args.push('--sync-method=syncfs');
  const child = launcher.spawn(initdb, args, ['ignore', 'ignore', 'pipe']);
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-OUTPUT_LENGTH_MAX);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(cannotRun(initdb, error)));
    child.on('close', resolve);
  });
  if (code === 0) return;
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const cause = lines.find((line) => /error|fatal|cannot/i.test(line)) ?? lines.at(-1) ?? '';
  throw new StartupError(
    `Cannot make the embedded database in ${folder}: ${cause.trim() || `initdb ended with ${code}`}; fix this, or set DATABASE_URL.`,
  );
}
