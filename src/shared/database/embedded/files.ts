// Small file operations of the data folder: atomic, private, and safe against a second process.
import { randomBytes } from 'node:crypto';
import { link, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './processes.js';

/** Names of unfinished work carry the pid of their maker, so that a dead maker's can be removed. */
const UNFINISHED = /^(?:postgres\.(?:new|log)|\.writing)-(\d+)-/;

export function unfinishedName(kind: 'postgres.new' | 'postgres.log' | '.writing'): string {
  return `${kind}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

export async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const maker = UNFINISHED.exec(name)?.[1];
    if (maker !== undefined && !isAlive(Number(maker))) {
      await rm(join(dataDir, name), { recursive: true, force: true });
    }
  }
}

/**
 * A new file, mode 0600, of the data folder's owner: root must not lock an ordinary user out of its
 * own folder, nor follow a link that somebody laid there.
 */
export async function createUnfinished(
  dataDir: string,
  kind: '.writing' | 'postgres.log',
): Promise<{ path: string; handle: FileHandle }> {
  const path = join(dataDir, unfinishedName(kind));
  const handle = await open(path, 'ax', 0o600);
  if (process.geteuid?.() === 0) {
    const { uid, gid } = await stat(dataDir);
    await handle.chown(uid, gid);
  }
  return { path, handle };
}

async function writeUnfinished(dataDir: string, text: string): Promise<string> {
  const { path, handle } = await createUnfinished(dataDir, '.writing');
  try {
    await handle.writeFile(text);
    await handle.sync();
    return path;
  } finally {
    await handle.close();
  }
}

/** Replaces a file whole, mode 0600: a reader sees the old text or the new one. */
export async function replacePrivateFile(
  dataDir: string,
  name: string,
  text: string,
): Promise<void> {
  const writing = await writeUnfinished(dataDir, text);
  await rename(writing, join(dataDir, name));
}

/** Makes a file, mode 0600, unless it exists; false when another process was first. */
export async function createPrivateFile(
  dataDir: string,
  name: string,
  text: string,
): Promise<boolean> {
  const writing = await writeUnfinished(dataDir, text);
  try {
    // A link fails where the name is taken and never shows a half-written file.
    await link(writing, join(dataDir, name));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(writing, { force: true });
  }
}

/** Makes a rename in this folder survive a power cut; Windows has no such call. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
