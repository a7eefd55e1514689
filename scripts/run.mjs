// node scripts/run.mjs TARGET [arguments]: builds when the sources changed, then runs dist/TARGET in
// this same process, so that signals and the exit code are the program's own. TARGET is a file, or a
// folder with a main.js. The version is checked before anything that an old Node could not load.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_MIN = [20, 19];
// Node 22 and newer keep compiled modules between starts; older ones do not know the call.
module.enableCompileCache?.();
const project = dirname(dirname(fileURLToPath(import.meta.url)));
const [target, ...rest] = process.argv.slice(2);
const [major, minor] = process.versions.node.split('.').map(Number);

async function run() {
  if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])) {
    throw new Error(
      `Loopgain needs Node ${NODE_MIN.join('.')} or newer, this is ${process.version}: install a newer one from https://nodejs.org.`,
    );
  }
  if (target === undefined) throw new Error('Usage: node scripts/run.mjs TARGET [arguments]');
  const { buildWhenStale } = await import('./build.mjs');
  await buildWhenStale(project);
  const wanted = join(project, 'dist', target);
  const file = wanted.endsWith('.js') ? wanted : join(wanted, 'main.js');
  if (!existsSync(file)) {
    throw new Error(`There is no ${target} in dist: check the name, or run npm run build.`);
  }
  return file;
}

let file;
try {
  file = await run();
} catch (error) {
  // Ours are sentences; the compiler's tell file and line themselves.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
process.argv = [process.argv[0], file, ...rest];
await import(pathToFileURL(file).href);
