// `npm run job -- NAME`: runs one job in this process, on the same database as a running server and
// under the same lease. Exit codes: 0 ended well (or skipped), 1 failed, 3 already under way.
import { parseArgs } from 'node:util';
import { loadConfig } from '../shared/config/environment.js';
import {
  DomainError,
  JobRegistry,
  JobRunner,
  StartupError,
  parseInstant,
  showJobRun,
} from '../shared/index.js';
import { withApplication } from '../start.js';
import { runCommand } from './run-command.js';

const USAGE = 'Usage: npm run job -- NAME [--as-of 2026-11-22T08:00:00Z]';
const FAILED = 1;
const ALREADY_RUNNING = 3;

async function main(): Promise<number> {
  const { name, asOf } = readArguments();
  return withApplication(loadConfig(), async (app) => {
    const runner = app.get(JobRunner);
    if (name === undefined) {
      throw new StartupError(`${USAGE}\nThe jobs are: ${app.get(JobRegistry).names().join(', ')}.`);
    }
    // The first signal ends the run as a server's would; the run is recorded before we exit.
    const stop = () => void runner.drain();
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    const { finished } = await runner.start(name, { trigger: 'manual', asOf });
    const run = await finished;
    process.stdout.write(`${JSON.stringify(showJobRun(run), null, 2)}\n`);
    return run.status === 'failed' ? FAILED : 0;
  });
}

function readArguments(): { name: string | undefined; asOf: Date | null } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { 'as-of': { type: 'string' } },
    });
    const text = values['as-of'];
    const asOf = text === undefined ? null : parseInstant(text);
    if (text !== undefined && asOf === null) {
      throw new Error('--as-of must be an ISO 8601 time with zone');
    }
    if (positionals.length > 1) throw new Error('one job at a time');
    return { name: positionals[0], asOf };
  } catch (error) {
    throw new StartupError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

runCommand(USAGE, main, (error) =>
  error instanceof DomainError && error.code === 'jobs.already_running' ? ALREADY_RUNNING : FAILED,
);
