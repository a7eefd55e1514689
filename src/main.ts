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
  starting.then((server) => (stopping ? undefined : announce(server)), fail);
}

function announce({ url, adminToken, adminTokenIsNew }: RunningServer): void {
  // In the fragment the token never reaches a server log; a token that people chose is not printed.
  const address = adminTokenIsNew ? `${url}/#token=${adminToken}` : `${url}/`;
  process.stdout.write(`Loopgain is running. Open ${address}\n`);
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
