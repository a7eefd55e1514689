// As whom PostgreSQL's programs run. It refuses to run as root, so root starts them as an ordinary
// user; that user must be able to walk to the data and to the binaries, wherever root put them.
import { type ChildProcess, execFile, spawn, type StdioOptions } from 'node:child_process';
import { chmod, chown, lstat, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '../../config/environment.js';
import { StartupError } from '../../errors.js';
import type { Binaries } from './binaries.js';
import { isMissing } from './files.js';

interface Owner {
  uid: number;
  gid: number;
}

const run = promisify(execFile);
/** `_postgres` is macOS's; `loopgain` is the one that we make. */
const USER_NAMES = ['postgres', '_postgres', 'loopgain'];
const OTHERS_MAY_ENTER = 0o001;

/** Starts PostgreSQL's programs as the right user and gives that user what it must own. */
export class Launcher {
  private constructor(
    /** null: everything runs and belongs to our own user. */
    private readonly owner: Owner | null,
    private readonly prefix: string[],
    private readonly variables: Record<string, string>,
  ) {}

  static async choose(
    dataDir: string,
    binaries: Binaries,
    variables: Record<string, string>,
  ): Promise<Launcher> {
    if (process.geteuid?.() !== 0) return new Launcher(null, [], variables);
    const cluster = join(dataDir, 'postgres');
    const owner = (await ownerOf(cluster)) ?? (await ordinaryUser());
    if (!(await mayEnter(dataDir, owner))) {
      await chmod(dataDir, (await stat(dataDir)).mode | OTHERS_MAY_ENTER);
    }
    const blocked =
      (await firstBlocked(dataDir, owner)) ??
      (await firstBlocked(dirname(binaries.postgres), owner));
    if (blocked === null) return new Launcher(owner, [], variables);
    return new Launcher(owner, await privilegedPrefix(owner, binaries, blocked), variables);
  }

  /** Its own session: a Ctrl-C or a signal to our group must not stop the database before we do. */
  spawn(program: string, args: string[], stdio: StdioOptions): ChildProcess {
    const [file = program, ...rest] = [...this.prefix, program, ...args];
    const plain = this.owner !== null && this.prefix.length === 0;
    return spawn(file, rest, {
      detached: true,
      stdio,
      cwd: dirname(program),
      env: { ...childEnvironment(), ...this.variables, LC_ALL: 'C', TZ: 'UTC' },
      windowsHide: true,
      ...(plain ? { uid: this.owner?.uid, gid: this.owner?.gid } : {}),
    });
  }

  /** Gives a file or a whole folder to the user of the database. */
  async give(path: string): Promise<void> {
    if (this.owner === null) return;
    const found = await lstat(path);
    if (found.isDirectory()) {
      for (const name of await readdir(path)) await this.give(join(path, name));
    }
    if (found.uid !== this.owner.uid && !found.isSymbolicLink()) {
      await chown(path, this.owner.uid, this.owner.gid);
    }
  }
}

/** A database that an ordinary user made stays that user's; root's own must be given away. */
async function ownerOf(cluster: string): Promise<Owner | null> {
  try {
    const { uid, gid } = await stat(cluster);
    return uid === 0 ? null : { uid, gid };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function ordinaryUser(): Promise<Owner> {
  for (const name of USER_NAMES) {
    const owner = await userNamed(name);
    if (owner !== null) return owner;
  }
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  try {
    await run('useradd', [...options, 'loopgain']);
  } catch {
    // Refused or absent, or another process was faster: the question below decides.
  }
  const made = await userNamed('loopgain');
  if (made !== null) return made;
  throw new StartupError(
    'PostgreSQL does not run as root and no ordinary user for it could be made: start Loopgain as ' +
      'an ordinary user, create a system user named postgres, or set DATABASE_URL.',
  );
}

async function userNamed(name: string): Promise<Owner | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    const owner = { uid: Number(uid.stdout.trim()), gid: Number(gid.stdout.trim()) };
    return owner.uid > 0 && Number.isInteger(owner.gid) ? owner : null;
  } catch {
    return null;
  }
}

/** The outermost folder on the way to `path` that the user cannot enter. */
async function firstBlocked(path: string, owner: Owner): Promise<string | null> {
  const folders = [await realpath(path)];
  for (let above = dirname(folders[0] as string); above !== folders[0]; above = dirname(above)) {
    folders.unshift(above);
  }
  for (const folder of folders) if (!(await mayEnter(folder, owner))) return folder;
  return null;
}

async function mayEnter(folder: string, { uid, gid }: Owner): Promise<boolean> {
  const found = await stat(folder);
  if (found.uid === uid) return (found.mode & 0o100) !== 0;
  if (found.gid === gid) return (found.mode & 0o010) !== 0;
  return (found.mode & OTHERS_MAY_ENTER) !== 0;
}

/**
 * Folders above are not ours to open, so the user gets the least capability that walks through
 * them: it writes nothing.
 * initdb asks access(2), which drops capabilities for a non-root user unless no_setuid_fixup is
 * set.
 */
async function privilegedPrefix(
  { uid, gid }: Owner,
  { postgres }: Binaries,
  blocked: string,
): Promise<string[]> {
  const [program, ...args] = [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_read_search',
    '--ambient-caps=+dac_read_search',
    '--securebits=+no_setuid_fixup',
    '--',
  ];
  try {
    await run(program as string, [...args, postgres, '--version'], { cwd: '/' });
    return [program as string, ...args];
  } catch {
    throw new StartupError(
      `The database must not run as root, and its user (uid ${uid}) cannot enter ${blocked}: run ` +
        `chmod o+x ${blocked}, move the program and DATA_DIR elsewhere, or start as an ordinary user.`,
    );
  }
}
