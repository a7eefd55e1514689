// Whether the PostgreSQL of DATABASE_URL can be used, asked once before anything else talks to it:
// each way it can fail becomes one sentence with a remedy, and none of them shows the password.
import pg from 'pg';
import { StartupError } from '../../errors.js';
import { sleep } from './processes.js';

const VERSION_MIN = 150_000;
const CONNECT_MS = 5000;
/** A server that says "starting up" is about to come; Compose starts both at the same time. */
const STARTING_UP_MS = 10_000;
const STARTING_UP = '57P03';

interface Failure {
  code?: string;
  message: string;
}

/** @throws StartupError unless a writable PostgreSQL 15 or newer answers. */
export async function checkServerVersion(url: string): Promise<void> {
  const deadline = Date.now() + STARTING_UP_MS;
  for (;;) {
    const client = clientFor(url);
    const where = `${client.host}:${client.port}`;
    try {
      await client.connect();
      const { rows } = await client.query<{ number: number; name: string; standby: boolean }>(
        `select current_setting('server_version_num')::int as number,
                current_setting('server_version') as name, pg_is_in_recovery() as standby`,
      );
      judge(rows[0] ?? { number: 0, name: 'unknown', standby: false }, where);
      return;
    } catch (error) {
      if (error instanceof StartupError) throw error;
      const failure = error as Failure;
      if (failure.code !== STARTING_UP || Date.now() > deadline) {
        throw new StartupError(sentence(failure, client, where));
      }
      await sleep(200);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function clientFor(url: string): pg.Client {
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
    client.on('error', () => undefined);
    return client;
  } catch {
    throw new StartupError(
      'DATABASE_URL is not a valid address: write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded.',
    );
  }
}

function judge(found: { number: number; name: string; standby: boolean }, where: string): void {
  if (found.number < VERSION_MIN) {
    throw new StartupError(
      `PostgreSQL at ${where} is version ${found.name}, but Loopgain needs 15 or newer: upgrade it or point DATABASE_URL at another.`,
    );
  }
  if (found.standby) {
    throw new StartupError(
      `PostgreSQL at ${where} is a read-only standby: point DATABASE_URL at the primary.`,
    );
  }
}

function sentence({ code, message }: Failure, client: pg.Client, where: string): string {
  const { user, database } = client;
  switch (code) {
    case '28P01':
    case '28000':
      return `PostgreSQL at ${where} refuses user "${user}": check the user name and password in DATABASE_URL and the server's pg_hba.conf.`;
    case '3D000':
      return `PostgreSQL at ${where} has no database "${database}": make it with createdb ${database}, or correct DATABASE_URL.`;
    case '42501':
      return `User "${user}" may not connect to database "${database}" at ${where}: grant it, or correct DATABASE_URL.`;
    case '53300':
      return `PostgreSQL at ${where} has no connection left: close some or raise max_connections.`;
    case STARTING_UP:
      return `PostgreSQL at ${where} is still starting up or shutting down: wait until it is ready and start again.`;
  }
  const cause = withoutSecret(code ?? message, client.password);
  if (/SSL|certificate|self.signed/i.test(cause)) {
    return `PostgreSQL at ${where} and DATABASE_URL disagree about TLS (${cause}): correct sslmode in DATABASE_URL.`;
  }
  return `Cannot reach PostgreSQL at ${where} (${cause}): check that it runs and that DATABASE_URL names its host and port.`;
}

function withoutSecret(text: string, password: unknown): string {
  return typeof password === 'string' && password !== '' ? text.replaceAll(password, '***') : text;
}
