// The embedded PostgreSQL's life with real processes: made, restarted, adopted, shared, refused.
// What needs a process of its own to be killed runs a script against a build of the sources.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { layLibraryLinks } from '../src/shared/database/embedded/binaries.js';
import { checkServerVersion } from '../src/shared/database/embedded/check-server.js';
import {
  type EmbeddedDatabase,
  openEmbeddedDatabase,
} from '../src/shared/database/embedded/open-embedded-database.js';
import { isAlive } from '../src/shared/database/embedded/processes.js';
import { StartupError } from '../src/shared/errors.js';

const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));
const LINUX = process.platform === 'linux';
const DEAD_PID = 4_194_303;
const log = { info: (): void => undefined, warn: (): void => undefined };
const work = mkdtempSync(join(tmpdir(), 'loopgain-embedded-'));
const dataDir = join(work, 'data');
const postmasterFile = join(dataDir, 'postgres', 'postmaster.pid');
const children: ChildProcess[] = [];

function open(role: 'server' | 'tool', folder = dataDir): Promise<EmbeddedDatabase> {
  return openEmbeddedDatabase({ dataDir: folder, role, log });
}

async function ask<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

function postmasterPid(): number {
  return Number(readFileSync(postmasterFile, 'utf8').split('\n')[0]);
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof StartupError) return error.message;
  throw new Error(`expected a StartupError, got ${String(error)}`);
}

/** Whether the database answers within the time. */
async function answersAgain(url: string, withinMs = 15_000): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline) {
    const answers = await ask(url, 'select 1').then(
      () => true,
      () => false,
    );
    if (answers) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** A server in a process of its own; resolves when its database is open. */
async function serverProcess(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(work, 'hold.mjs'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, META_ACCESS_TOKEN: 'a-secret-of-ours' },
  });
  children.push(child);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the server process ended with ${String(code)} before it was ready`);
  });
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended]);
  ended.catch(() => undefined);
  return child;
}

beforeAll(async () => {
  const { buildWhenStale } = (await import('../scripts/build.mjs' as string)) as {
    buildWhenStale(project: string, dist: string): Promise<boolean>;
  };
  await buildWhenStale(PROJECT, join(work, 'dist'));
  cpSync(join(PROJECT, 'package.json'), join(work, 'package.json'));
  symlinkSync(join(PROJECT, 'node_modules'), join(work, 'node_modules'), 'junction');
  writeFileSync(
    join(work, 'hold.mjs'),
    `import { openEmbeddedDatabase } from './dist/src/shared/database/embedded/open-embedded-database.js';
     const log = { info() {}, warn() {} };
     const database = await openEmbeddedDatabase({ dataDir: process.argv[2], role: 'server', log });
     process.on('SIGTERM', () => database.close().then(() => process.exit(0)));
     setInterval(() => {}, 1000);
     process.stdout.write('ready');`,
  );
}, 60_000);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  if (existsSync(postmasterFile)) await (await open('tool')).close();
  rmSync(work, { recursive: true, force: true });
});

describe('the embedded database', () => {
  it('is made at the first start, keeps what was written, and stops with its process', async () => {
    mkdirSync(join(dataDir, `postgres.new-${DEAD_PID}-left`), { recursive: true });
    const first = await open('server');
    expect(first.startedHere).toBe(true);
    const pid = postmasterPid();
    await ask(first.url, 'create table kept (id int primary key)');
    await ask(first.url, 'insert into kept values (1)');
    const [settings] = await ask(
      first.url,
      `select current_setting('fsync') as fsync, current_setting('listen_addresses') as listens,
              current_setting('server_encoding') as encoding, current_setting('TimeZone') as zone,
              (select datcollate from pg_database where datname = current_database()) as locale`,
    );
    expect(settings).toEqual({
      fsync: 'on',
      listens: '127.0.0.1',
      encoding: 'UTF8',
      zone: 'UTC',
      locale: 'C',
    });
    await first.close();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(postmasterFile)).toBe(false);
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres.json', 'postgres.log']);

    const second = await open('server');
    expect(await ask(second.url, 'select id from kept')).toEqual([{ id: 1 }]);
    const told = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8'));
    expect(second.url).toBe(
      `postgres://${told.user}:${told.password}@127.0.0.1:${told.port}/${told.database}`,
    );
    if (process.platform !== 'win32') {
      expect(statSync(join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
      expect(statSync(join(dataDir, 'postgres.log')).mode & 0o777).toBe(0o600);
    }
    await second.close();
    await second.close();
  });

  it('is used by an ordinary role, also where an earlier version made it as its superuser', async () => {
    const before = await open('server');
    const admin = before.adminUrl;
    await ask(
      admin,
      `alter database loopgain owner to loopgain;
       create table old_rows (id bigint generated always as identity, day date not null)
         partition by range (day);
       create table old_rows_2026 partition of old_rows for values from ('2026-01-01') to (maxvalue);
       create view old_view as select id from old_rows;
       create function old_function() returns int language sql as 'select 1'`,
    );
    await expect(ask(before.url, 'select * from old_rows')).rejects.toMatchObject({
      code: '42501',
    });
    await before.close();
    const after = await open('server');
    await ask(
      after.url,
      `insert into old_rows (day) values ('2026-05-05');
       drop view old_view; drop function old_function(); drop table old_rows`,
    );
    const [role] = await ask(
      after.url,
      'select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user',
    );
    expect(role).toEqual({ rolsuper: false, rolcreatedb: false, rolcreaterole: false });
    const reading = ask(after.url, `select pg_read_file('/etc/hostname')`);
    await expect(reading).rejects.toMatchObject({ code: '42501' });
    await after.close();
  });

  it('lets nobody in without its password', async () => {
    const database = await open('server');
    const url = new URL(database.url);
    url.password = 'wrong';
    await expect(ask(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    await database.close();
  });

  it('refuses a second server and names the first, while tools come and go', async () => {
    const server = await open('server');
    expect(await refusal(open('server'))).toBe(
      `Another Loopgain server (pid ${process.pid}) is already using DATA_DIR ${dataDir}: stop it or choose another DATA_DIR.`,
    );
    const tool = await open('tool');
    expect([tool.startedHere, tool.url]).toEqual([false, server.url]);
    await tool.close();
    expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.close();
    expect(existsSync(postmasterFile)).toBe(false);
  });

  it('outlives the tool that started it when a server has joined meanwhile', async () => {
    const tool = await open('tool');
    const server = await open('server');
    expect([tool.startedHere, server.startedHere]).toEqual([true, false]);
    await tool.close();
    expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    const pid = postmasterPid();
    await server.close();
    expect(isAlive(pid)).toBe(false);
  });

  it('is adopted with all its rows after its server was killed', async () => {
    const child = await serverProcess();
    const pid = postmasterPid();
    const url = await open('tool').then(async (tool) => {
      await ask(tool.url, 'insert into kept values (2)');
      await tool.close();
      return tool.url;
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const next = await open('server');
    expect([next.startedHere, next.url, postmasterPid()]).toEqual([false, url, pid]);
    expect(await ask(next.url, 'select id from kept order by id')).toEqual([{ id: 1 }, { id: 2 }]);
    await next.close();
    expect(isAlive(pid)).toBe(false);
  });

  it('stops with its server on SIGTERM and does not hear signals meant for the server', async () => {
    const child = await serverProcess();
    const pid = postmasterPid();
    if (LINUX) {
      const sessionOf = (of: number | string): string | undefined =>
        readFileSync(`/proc/${of}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[3];
      expect(sessionOf(pid)).toBe(String(pid));
      expect(sessionOf(pid)).not.toBe(sessionOf('self'));
      // Our secrets are none of the database's business.
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('a-secret-of-ours');
    }
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(isAlive(pid)).toBe(false);
  });

  it('recovers after server and database were killed together', async () => {
    const child = await serverProcess();
    const tool = await open('tool');
    await ask(tool.url, 'insert into kept values (3)');
    process.kill(postmasterPid(), 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await tool.close();
    const next = await open('server');
    expect(next.startedHere).toBe(true);
    expect(await ask(next.url, 'select max(id) as id from kept')).toEqual([{ id: 3 }]);
    await next.close();
  });

  it.each([
    ['of a living stranger', () => `${process.ppid}\n${join(dataDir, 'postgres')}\n1\n5432\n`],
    ['of a dead process', () => `${DEAD_PID}\n${join(dataDir, 'postgres')}\n1\n5432\n`],
    ['that a power cut left empty', () => ''],
  ])('starts over a pid file %s', async (_of, text) => {
    writeFileSync(postmasterFile, text());
    const database = await open('server');
    expect(database.startedHere).toBe(true);
    await database.close();
  });

  it('is started again by its server when it was killed, at the same address', async () => {
    const server = await open('server');
    const tool = await open('tool');
    const pid = postmasterPid();
    process.kill(pid, 'SIGKILL');
    expect(await answersAgain(server.url)).toBe(true);
    expect(postmasterPid()).not.toBe(pid);
    expect(await ask(tool.url, 'select max(id) as id from kept')).toEqual([{ id: 3 }]);
    expect(await refusal(open('server'))).toContain('Another Loopgain server');
    await tool.close();
    await server.close();
    expect(existsSync(postmasterFile)).toBe(false);
  });

  it('is not started again by a tool, nor by a server on its way out', async () => {
    const tool = await open('tool');
    process.kill(postmasterPid(), 'SIGKILL');
    expect(await answersAgain(tool.url, 1500)).toBe(false);
    await tool.close();
    const server = await open('server');
    process.kill(postmasterPid(), 'SIGKILL');
    await server.close();
    expect(await answersAgain(server.url, 1500)).toBe(false);
  });

  it('is at the address where it was, so that one who started it elsewhere is found', async () => {
    const first = await open('server');
    await first.close();
    const second = await open('tool');
    expect(second.url).toBe(first.url);
    await second.close();
    const { port } = new URL(first.url);
    const stranger = createServer().listen(Number(port), '127.0.0.1');
    await once(stranger, 'listening');
    const third = await open('tool');
    expect(third.url).not.toBe(first.url);
    await third.close();
    stranger.close();
  });

  it('takes its lock again when PostgreSQL dropped the connection that held it', async () => {
    const server = await open('server');
    await ask(
      server.adminUrl,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'loopgain server%'`,
    );
    const taken = `select count(*)::int as locks from pg_locks where locktype = 'advisory'`;
    const deadline = Date.now() + 8000;
    let locks = 0;
    while (locks < 2 && Date.now() < deadline) {
      locks = (await ask<{ locks: number }>(server.url, taken))[0]?.locks ?? 0;
    }
    expect(await refusal(open('server'))).toContain('Another Loopgain server');
    await server.close();
    expect(existsSync(postmasterFile)).toBe(false);
  });

  it('is made once when several processes start at the same instant', async () => {
    const folder = join(work, 'together');
    const all = await Promise.all([1, 2, 3].map(() => open('tool', folder)));
    expect(new Set(all.map(({ url }) => url)).size).toBe(1);
    expect(all.filter(({ startedHere }) => startedHere)).toHaveLength(1);
    await Promise.all(all.map((database) => database.close()));
    expect(readdirSync(folder).sort()).toEqual(['postgres', 'postgres.json', 'postgres.log']);
    expect(existsSync(join(folder, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('says in one sentence why a data folder cannot be used', async () => {
    const file = join(work, 'file');
    writeFileSync(file, '');
    expect(await refusal(open('tool', file))).toBe(
      `Cannot use DATA_DIR ${file} (EEXIST at ${file}): it must be a folder; choose another DATA_DIR.`,
    );
    const odd = join(work, 'odd', 'postgres');
    mkdirSync(odd, { recursive: true });
    writeFileSync(join(odd, 'something'), '');
    expect(await refusal(open('tool', join(work, 'odd')))).toContain('is not a database');
    const secret = join(dataDir, 'postgres', 'loopgain-password');
    const kept = readFileSync(secret, 'utf8');
    rmSync(secret);
    expect(await refusal(open('tool'))).toContain('loopgain-password is missing');
    writeFileSync(secret, kept);
    const version = join(dataDir, 'postgres', 'PG_VERSION');
    writeFileSync(version, '14\n');
    expect(await refusal(open('tool'))).toMatch(/initialized by PostgreSQL version 14/);
    writeFileSync(version, '18\n');
  });
});

describe('library links', () => {
  it('are laid where an install without scripts left them out, and repaired', async () => {
    const native = join(work, 'package', 'native');
    mkdirSync(join(native, 'lib'), { recursive: true });
    writeFileSync(join(native, 'lib', 'liba.so.1.2'), '');
    symlinkSync('gone', join(native, 'lib', 'liba.so'));
    const links = [
      { source: 'native/lib/liba.so.1.2', target: 'native/lib/liba.so.1' },
      { source: 'native/lib/liba.so.1.2', target: 'native/lib/liba.so' },
      { source: 'native/lib/liba.so.1.2', target: '../outside' },
    ];
    writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
    expect(await layLibraryLinks(native, join(work, 'spare'))).toEqual({});
    expect(await layLibraryLinks(native, join(work, 'spare'))).toEqual({});
    expect(readdirSync(join(native, 'lib')).sort()).toEqual([
      'liba.so',
      'liba.so.1',
      'liba.so.1.2',
    ]);
    expect(readlinkSync(join(native, 'lib', 'liba.so.1'))).toBe('liba.so.1.2');
    expect(readlinkSync(join(native, 'lib', 'liba.so'))).toBe('liba.so.1.2');
    expect(existsSync(join(work, 'outside'))).toBe(false);
  });
});

describe('the server of DATABASE_URL', () => {
  it('is accepted or refused with one sentence that hides the password', async () => {
    const database = await open('tool');
    await expect(checkServerVersion(database.url)).resolves.toBeUndefined();
    const changed = (change: (url: URL) => void): string => {
      const url = new URL(database.url);
      change(url);
      return url.href;
    };
    const { host, port } = new URL(database.url);
    expect(await refusal(checkServerVersion(changed((url) => (url.password = 'hush'))))).toBe(
      `PostgreSQL at ${host} refuses user "loopgain_app": check the user name and password in DATABASE_URL and the server's pg_hba.conf.`,
    );
    expect(await refusal(checkServerVersion(changed((url) => (url.pathname = '/none'))))).toBe(
      `PostgreSQL at ${host} has no database "none": make it with createdb none, or correct DATABASE_URL.`,
    );
    const tls = changed((url) => url.searchParams.set('sslmode', 'require'));
    expect(await refusal(checkServerVersion(tls))).toContain('disagree about TLS');
    await database.close();
    expect(await refusal(checkServerVersion(database.url))).toBe(
      `Cannot reach PostgreSQL at 127.0.0.1:${port} (ECONNREFUSED): check that it runs and that DATABASE_URL names its host and port.`,
    );
    const badUrl = await refusal(checkServerVersion('postgres://user:hush@[bad/x'));
    expect(badUrl).toContain('DATABASE_URL is not a valid address');
    expect(badUrl).not.toContain('hush');
  });

  it('must be version 15 or newer and no standby', async () => {
    const old = await pretendServer(['140011', '14.11', 'f']);
    expect(await refusal(checkServerVersion(old.url))).toBe(
      `PostgreSQL at 127.0.0.1:${old.port} is version 14.11, but Loopgain needs 15 or newer: upgrade it or point DATABASE_URL at another.`,
    );
    old.close();
    const standby = await pretendServer(['170002', '17.2', 't']);
    expect(await refusal(checkServerVersion(standby.url))).toContain('read-only standby');
    standby.close();
  });
});

/** Speaks just enough of PostgreSQL's protocol to answer every query with one row. */
async function pretendServer(
  row: [string, string, string],
): Promise<{ url: string; port: number; close(): void }> {
  const message = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const int = (value: number, bytes: 2 | 4): Buffer => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeIntBE(value, 0, bytes);
    return buffer;
  };
  const ready = message('Z', Buffer.from('I'));
  const columns: [string, number][] = [
    ['number', 23],
    ['name', 25],
    ['standby', 16],
  ];
  const described = columns.flatMap(([name, type]) => [
    Buffer.from(`${name}\0`),
    ...[int(0, 4), int(0, 2), int(type, 4), int(-1, 2), int(-1, 4), int(0, 2)],
  ]);
  const values = row.flatMap((value) => [int(value.length, 4), Buffer.from(value)]);
  const answer = Buffer.concat([
    message('T', Buffer.concat([int(3, 2), ...described])),
    message('D', Buffer.concat([int(3, 2), ...values])),
    message('C', Buffer.from('SELECT 1\0')),
    ready,
  ]);
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      const kind = String.fromCharCode(data[0] ?? 0);
      if (kind === 'Q') socket.write(answer);
      else if (kind === 'X') socket.end();
      else socket.write(Buffer.concat([message('R', int(0, 4)), ready]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `postgres://u:p@127.0.0.1:${port}/d`, port, close: () => server.close() };
}
