// `npm run bench -- NAME [options]`: figures of this machine, ratios within one run against a real
// alternative. Prints progress on standard error and one JSON line last on standard output.
import { benchEvents } from './events.js';
import { benchColdStart } from './cold-start.js';
import { benchAllocate } from './allocate.js';
import { benchCache } from './cache.js';
import { benchCapi } from './capi.js';
import { benchExecution } from './execution.js';
import { benchHistory } from './history.js';
import { benchHttp } from './http.js';
import { benchImport } from './import.js';
import { benchLarge } from './large.js';
import { benchOpe } from './ope.js';
import { benchPolicy } from './policy.js';
import { benchStart } from './start.js';

const BENCHES: Record<string, (args: string[]) => Promise<Record<string, unknown>>> = {
  events: benchEvents,
  'cold-start': benchColdStart,
  allocate: benchAllocate,
  cache: benchCache,
  capi: benchCapi,
  execution: benchExecution,
  history: benchHistory,
  http: benchHttp,
  import: benchImport,
  large: benchLarge,
  ope: benchOpe,
  policy: benchPolicy,
  start: benchStart,
};

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const usage = `Usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [options]`;
  if (name === '--help' || name === '-h' || args.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  const bench = BENCHES[name];
  if (!bench) {
    console.error(usage);
    process.exit(2);
  }
  const figures = await bench(args);
  console.log(JSON.stringify({ bench: name, node: process.version, ...figures }));
  process.exit(0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
