// `npm start`: the server, until a signal ends it.
import { loadConfig } from './shared/config/environment.js';
import { StartupError } from './shared/index.js';
import { startServer, type RunningServer } from './start.js';

/** A person may pipe our output into something that ends early; that is not our failure. */
process.stdout.on('error', () => undefined);

function main(): void {
  const starting = startServer(loadConfig());
  let stopping = false;
  // Heard from the first moment on: a start that is cut off would leave the database behind.
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    process.stdout.write(`${signal}: finishing what is under way.\n`);
    starting.then((server) => server.stop()).then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  starting.then((server) => {
    if (stopping) return;
    announce(server);
    // Whoever supervises us can start anew; without its database a server only refuses.
    void server.lost.then(fail);
  }, fail);
}

/**
 * Output is kept in logs, so the token is told at the first start only, and one that people chose
 * never. In the fragment it reaches no server's log.
 */
function announce({ url, newAdminToken, adminTokenFile }: RunningServer): void {
  const fragment = newAdminToken === null ? '' : `#token=${newAdminToken}`;
  process.stdout.write(`Loopgain is running. Open ${url}/${fragment}\n`);
  if (newAdminToken === null && adminTokenFile !== null) {
    process.stdout.write(`The administrator's token is in ${adminTokenFile}\n`);
  }
}

function fail(error: unknown): never {
  const text =
    error instanceof StartupError
      ? error.message
      : `Loopgain failed unexpectedly: ${error instanceof Error ? error.stack : String(error)}`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

try {
  main();
} catch (error) {
  fail(error);
}
