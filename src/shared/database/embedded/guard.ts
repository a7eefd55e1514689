// Who uses the embedded database, told by advisory locks on one connection that each process keeps
// open. The kernel closes it when the process dies, so no lock outlives its holder, kill -9
// included. Two locks: USERS is shared by all, and whoever gets it alone may stop the database;
// SERVER is one server's alone. The last to leave stops the database, whoever started it.
import { join } from 'node:path';
import type { Client } from 'pg';
import { StartupError } from '../../errors.js';
import { isAlive, sleep } from './processes.js';

export type Role = 'server' | 'tool';

/**
 * First half of the two-number lock keys, "loop" in ASCII: apart from every other advisory lock.
 */
const LOCK_SPACE = 0x6c6f6f70;
const USERS = 1;
const SERVER = 2;
/** How long the connection of a killed server may take to be noticed as closed. */
const DEAD_HOLDER_MS = 3000;
/** The first wait after a break, and the longest: each one that fails doubles it. */
const RETAKE_MS = 200;
const RETAKE_MS_MAX = 5000;
/** A server that cannot get its database back ends, so that whoever supervises it knows. */
const GIVE_UP_MS = 60_000;
/** A database that breaks again this soon, so many times in a row, will not mend by starting it. */
const QUICK_MS = 30_000;
const QUICK_BREAKS_MAX = 5;
/** A database that breaks connection after connection is stopped without asking further. */
const LEAVE_TRIES_MAX = 5;

export interface GuardLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface GuardOptions {
  role: Role;
  dataDir: string;
  log: GuardLog;
  /** A fresh connection to the maintenance database, or null while there is none to be had. */
  connect(): Promise<Client | null>;
  /** The same after starting a database that does not run any more. */
  revive(): Promise<Client | null>;
  /** Told once, when the database cannot be had any more. */
  lost(error: StartupError): void;
}

export function guardName(role: Role): string {
  return `loopgain ${role} ${process.pid}`;
}

export class Guard {
  private leaving = false;
  private recovering: Promise<void> = Promise.resolve();
  private takenAt = 0;
  private quickBreaks = 0;

  private constructor(
    private client: Client,
    private readonly options: GuardOptions,
  ) {
    this.watch(client);
  }

  /** Takes the locks on `client`; 'stopping' when somebody is just stopping the database. */
  static async join(client: Client, options: GuardOptions): Promise<Guard | 'stopping'> {
    const outcome = await takeLocks(client, options);
    return outcome === 'stopping' ? outcome : new Guard(client, options);
  }

  /** Gives the locks back; when nobody else uses the database, `stop` runs under both locks. */
  async leave(stop: () => Promise<void>): Promise<void> {
    this.leaving = true;
    // A database that is just being started again must not outlive us.
    await this.recovering;
    let client: Client | null = this.client;
    for (let tries = 0; client !== null && tries < LEAVE_TRIES_MAX; tries += 1) {
      const alone = await becomeAlone(client).catch(() => null);
      if (alone === true) await stop();
      if (alone === false) this.options.log.info('The embedded database stays: others use it.');
      await client.end().catch(() => undefined);
      if (alone !== null) return;
      // The connection broke, perhaps with the database: only a fresh one knows who is left.
      client = await this.options.connect();
    }
    await stop();
  }

  /** PostgreSQL closes every connection when one of its processes is killed: come back after it. */
  private watch(client: Client): void {
    client.once('end', () => {
      if (this.leaving) return;
      this.options.log.warn('The embedded database closed its connections.');
      this.recovering = this.recover(Date.now()).catch((error: unknown) => {
        const known = error instanceof StartupError;
        this.options.lost(known ? error : new StartupError(String(error)));
      });
    });
  }

  /** Until the locks are held again. Rejects when this process has no database any more. */
  private async recover(brokenAt: number): Promise<void> {
    this.quickBreaks = brokenAt - this.takenAt < QUICK_MS ? this.quickBreaks + 1 : 0;
    if (this.quickBreaks > QUICK_BREAKS_MAX) throw this.breaksAgainAndAgain();
    for (let tries = this.quickBreaks; !this.leaving; tries += 1) {
      await this.pause(Math.min(RETAKE_MS_MAX, RETAKE_MS * 2 ** tries));
      try {
        if (this.leaving || (await this.retake())) return;
      } catch (error) {
        const gaveUp = this.options.role === 'server' && Date.now() - brokenAt > GIVE_UP_MS;
        if (error instanceof LostForGood || gaveUp) throw error;
        this.options.log.warn(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Ends early when we leave. */
  private async pause(millis: number): Promise<void> {
    const until = Date.now() + millis;
    while (!this.leaving && Date.now() < until) await sleep(Math.min(50, millis));
  }

  private async retake(): Promise<boolean> {
    const { connect, revive, role } = this.options;
    // One process brings the database back: the one that everybody else's work waits for.
    const client = (await connect()) ?? (role === 'server' ? await revive() : null);
    if (client === null) return false;
    if (this.leaving || (await takeLocks(client, this.options)) === 'stopping') {
      await client.end();
      return false;
    }
    this.client = client;
    this.takenAt = Date.now();
    this.watch(client);
    this.options.log.info('The embedded database is back.');
    return true;
  }

  private breaksAgainAndAgain(): StartupError {
    const { dataDir } = this.options;
    return new StartupError(
      `The embedded database in ${dataDir} was started again ${QUICK_BREAKS_MAX} times and ended ` +
        `each time within ${QUICK_MS / 1000} s: see ${join(dataDir, 'postgres.log')}.`,
    );
  }
}

/** Somebody else took our place, or the database's, while it was away: waiting will not help. */
export class LostForGood extends StartupError {}

async function takeLocks(client: Client, options: GuardOptions): Promise<'taken' | 'stopping'> {
  if (!(await tryLock(client, USERS, 'shared'))) return 'stopping';
  if (options.role === 'server') await becomeTheServer(client, options.dataDir);
  return 'taken';
}

async function becomeAlone(client: Client): Promise<boolean> {
  await client.query('select pg_advisory_unlock_all()');
  return tryLock(client, USERS, 'alone');
}

async function becomeTheServer(client: Client, dataDir: string): Promise<void> {
  const deadline = Date.now() + DEAD_HOLDER_MS;
  while (!(await tryLock(client, SERVER, 'alone'))) {
    const holder = await serverPid(client);
    const dying = holder === null || !isAlive(holder);
    if (dying && Date.now() < deadline) {
      await sleep(50);
      continue;
    }
    await client.end().catch(() => undefined);
    const who = holder === null ? '' : ` (pid ${holder})`;
    throw new LostForGood(
      `Another Loopgain server${who} is already using DATA_DIR ${dataDir}: stop it or choose another DATA_DIR.`,
    );
  }
}

async function tryLock(client: Client, key: number, how: 'shared' | 'alone'): Promise<boolean> {
  const name = how === 'shared' ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
  const { rows } = await client.query<{ got: boolean }>(`select ${name}($1::int, $2::int) as got`, [
    LOCK_SPACE,
    key,
  ]);
  return rows[0]?.got === true;
}

async function serverPid(client: Client): Promise<number | null> {
  const { rows } = await client.query<{ application_name: string }>(
    `select a.application_name from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.classid = $1::oid and l.objid = $2::oid and l.granted`,
    [LOCK_SPACE, SERVER],
  );
  const pid = Number(rows[0]?.application_name.split(' ').at(-1));
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}
