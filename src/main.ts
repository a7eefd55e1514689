// `npm start`: the server, until a signal ends it.
import { loadConfig } from './shared/config/environment.js';
import { StartupError } from './shared/index.js';
import { startServer, type RunningServer } from './start.js';

/** A person may pipe our output into something that ends early; that is not our failure. */
process.stdout.on('error', () => undefined);

async function main(): Promise<void> {
  const server = await startServer(loadConfig());
  announce(server);
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    process.stdout.write(`${signal}: finishing what is under way.\n`);
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
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

main().catch(fail);
