// The build: TypeScript of src, migrations, bench and the fake Graph server goes through @swc/core into dist, the page's
// files are copied. Done by hand because `nest build` takes two seconds for what takes a fifth of
// one, and because two builds at once must not break each other or a process that reads dist: every
// file is replaced whole by a rename, nothing is ever emptied, and the stamp is written last.
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** The fake Graph server too, because people rehearse with it and benchmarks measure against it. */
const FOLDERS = ['src', 'migrations', 'bench', 'test/fake-graph'];
const STAMP = '.build.json';
/** What else decides the output, besides the files themselves. */
const SETTINGS = ['package.json', '.swcrc', join('scripts', 'build.mjs')];
const CONCURRENCY = 16;

/** Builds unless dist is of exactly these sources. Returns whether it built. */
export async function buildWhenStale(project = PROJECT, dist = join(project, 'dist')) {
  // An image that carries dist alone has nothing to build from.
  if (!existsSync(join(project, 'src'))) return false;
  const sources = await listSources(project);
  const stamp = JSON.stringify(sources);
  const built = await readFile(join(dist, STAMP), 'utf8').catch(() => '');
  if (built === stamp) return false;
  await build(project, dist, sources);
  // A dist without its stamp counts as stale, so a build that dies half-way is done again.
  await replaceFile(join(dist, STAMP), stamp);
  return true;
}

/** Path → size and time of change; a removed or restored file changes the list too. */
async function listSources(project) {
  const paths = SETTINGS.map((name) => join(project, name)).filter((path) => existsSync(path));
  for (const folder of FOLDERS) paths.push(...(await filesBelow(join(project, folder))));
  const wanted = paths.filter((path) => !/\.spec\.ts$|\.d\.ts$/.test(path)).sort();
  const entries = await Promise.all(
    wanted.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return [relative(project, path).split(sep).join('/'), `${size}:${mtimeMs}`];
    }),
  );
  return Object.fromEntries(entries);
}

async function build(project, dist, sources) {
  const { transformFile } = await import('@swc/core').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error(
      'The sources changed and the compiler is not installed: run npm ci, then again.',
    );
  });
  const expected = new Set();
  const queue = Object.keys(sources).filter((path) =>
    FOLDERS.some((folder) => path.startsWith(`${folder}/`)),
  );
  const compile = async (path) => {
    const source = join(project, path);
    const target = join(dist, path.replace(/\.ts$/, '.js'));
    if (!path.endsWith('.ts')) {
      expected.add(target);
      return replaceFile(target, await readFile(source));
    }
    const sourceFileName = relative(dirname(target), source).split(sep).join('/');
    const { code, map } = await transformFile(source, { cwd: project, sourceFileName }).catch(
      (error) => {
        // After the marked line come the compiler's own stack frames, which help nobody here.
        throw new Error(String(error.message).split('\n\nCaused by')[0].trim());
      },
    );
    const name = target.slice(dirname(target).length + 1);
    expected.add(target).add(`${target}.map`);
    await replaceFile(`${target}.map`, map ?? '{}');
    await replaceFile(target, `${code}\n//# sourceMappingURL=${name}.map\n`);
  };
  const worker = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) await compile(path);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  await removeOthers(dist, expected);
}

/** Output whose source is gone would still be found by an import. */
async function removeOthers(dist, expected) {
  for (const folder of FOLDERS) {
    for (const file of await filesBelow(join(dist, folder))) {
      if (expected.has(file) || file.endsWith('.writing')) continue;
      await rm(file, { force: true });
      // Fails while the folder still holds something, which is what keeps it.
      await rmdir(dirname(file)).catch(() => undefined);
    }
  }
}

async function replaceFile(path, content) {
  await mkdir(dirname(path), { recursive: true });
  const writing = `${path}.${process.pid}.writing`;
  await writeFile(writing, content);
  await rename(writing, path);
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

// A path through a symbolic link would not compare equal as it stands.
if (fileURLToPath(import.meta.url) === realpathSync(process.argv[1] ?? '.')) {
  try {
    const started = performance.now();
    const built = await buildWhenStale();
    const took = Math.round(performance.now() - started);
    console.log(built ? `Built dist in ${took} ms.` : 'dist is up to date.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
