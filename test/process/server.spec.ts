// The program as a person runs it: started, stopped, killed, started wrongly. Real processes on a
// data folder of their own.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
// A process that ended but that nobody collected yet is no longer alive.
import { isAlive } from '../../src/shared/database/embedded/processes.js';

interface Running {
  process: ChildProcess;
  output(): string;
  url(): Promise<string>;
  exit: Promise<{ code: number | null; millis: number }>;
}

let folder: string;
const started: Running[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loopgain-process-'));
});

afterEach(async () => {
  for (const running of started.splice(0)) {
    if (running.process.exitCode === null) running.process.kill('SIGTERM');
    await running.exit;
  }
  await rm(folder, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: { PATH: process.env['PATH'], DATA_DIR: join(folder, 'data'), PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exit = new Promise<{ code: number | null; millis: number }>((resolve) => {
    const since = performance.now();
    child.on('exit', (code) => resolve({ code, millis: performance.now() - since }));
  });
  const url = async () => {
    for (let waited = 0; waited < 30_000; waited += 50) {
      const address = /Open (http:\/\/[^/]+)\//.exec(text)?.[1];
      if (address) return address;
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server did not start:\n${text}`);
  };
  const running = { process: child, output: () => text, url, exit };
  started.push(running);
  return running;
}

async function stop(running: Running): Promise<{ code: number | null; millis: number }> {
  const since = performance.now();
  running.process.kill('SIGTERM');
  const { code } = await running.exit;
  return { code, millis: performance.now() - since };
}

async function adminToken(): Promise<string> {
  return (await readFile(join(folder, 'data', 'admin-token'), 'utf8')).trim();
}

async function call(url: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await adminToken()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function postmasterPid(): Promise<number> {
  const text = await readFile(join(folder, 'data', 'postgres', 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

describe('the server process', () => {
  it('starts with nothing configured, tells one address, and shows a simulated account', async () => {
    const server = start();
    const url = await server.url();
    expect(server.output()).toMatch(/Open http:\/\/127\.0\.0\.1:\d+\/#token=[0-9a-f]{64}\n$/);
    const accounts = await call(url, 'GET', '/v1/accounts');
    expect(accounts.body['items']).toEqual([
      expect.objectContaining({ account_id: 'sandbox', simulated: true }),
    ]);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const docs = await fetch(`${url}/docs`);
    expect([docs.status, docs.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ]);
  });

  it('tells the token once, then where it is, though a command came first', async () => {
    const command = spawn(process.execPath, ['dist/src/cli/job.js', 'metrics'], {
      env: { PATH: process.env['PATH'], DATA_DIR: join(folder, 'data') },
      stdio: 'ignore',
    });
    await new Promise((resolve) => command.on('exit', resolve));
    const first = start();
    await first.url();
    await stop(first);
    expect(first.output()).toContain(`/#token=${await adminToken()}\n`);
    const second = start();
    await second.url();
    const file = join(folder, 'data', 'admin-token');
    expect(second.output()).toMatch(/Open http:\/\/127\.0\.0\.1:\d+\/\n/);
    expect(second.output()).toContain(`The administrator's token is in ${file}\n`);
    expect(second.output()).not.toContain(await adminToken());
  });

  it('exits 0 on SIGTERM within ten seconds and takes its database along', async () => {
    const server = start();
    await server.url();
    const database = await postmasterPid();
    const { code, millis } = await stop(server);
    expect(code).toBe(0);
    expect(millis).toBeLessThan(10_000);
    expect(isAlive(database)).toBe(false);
  });

  it('loses nothing acknowledged when it is killed, and deals with the orphaned database', async () => {
    const first = start();
    const url = await first.url();
    const account = { account_id: 'acme', name: 'Acme', currency: 'EUR' };
    expect((await call(url, 'POST', '/v1/accounts', account)).status).toBe(201);
    first.process.kill('SIGKILL');
    await first.exit;
    expect(isAlive(await postmasterPid())).toBe(true);
    const second = start();
    const again = await call(await second.url(), 'GET', '/v1/accounts/acme');
    expect(again.body).toEqual(expect.objectContaining({ account_id: 'acme', currency: 'EUR' }));
    expect((await stop(second)).code).toBe(0);
  });

  it('brings its database back when that is killed, answering 503 until then', async () => {
    const server = start();
    const url = await server.url();
    await call(url, 'POST', '/v1/accounts', { account_id: 'acme', name: 'Acme', currency: 'USD' });
    const linesBefore = server.output().split('\n').length;
    process.kill(await postmasterPid(), 'SIGKILL');
    const answers = new Set<number>();
    const killedAt = performance.now();
    let isBack = false;
    while (!isBack && performance.now() - killedAt < 30_000) {
      const { status, body } = await call(url, 'GET', '/v1/accounts');
      answers.add(status);
      isBack = status === 200 && answers.has(503);
      if (isBack) expect(JSON.stringify(body)).toContain('acme');
    }
    expect([...answers].sort()).toEqual([200, 503]);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    // Seconds of polls and requests, each of which failed: a handful of lines tells it.
    expect(server.output().split('\n').length - linesBefore).toBeLessThan(60);
  });

  it('starts over a database that was killed together with it', async () => {
    const first = start();
    await first.url();
    const database = await postmasterPid();
    first.process.kill('SIGKILL');
    process.kill(database, 'SIGKILL');
    await first.exit;
    const second = start();
    expect((await call(await second.url(), 'GET', '/v1/accounts/sandbox')).status).toBe(200);
  });
});

describe('a wrong start ends with one clear sentence', () => {
  async function failure(env: Record<string, string>): Promise<string> {
    const server = start(env);
    const { code } = await server.exit;
    expect(code).not.toBe(0);
    const output = server.output();
    expect(output).not.toMatch(/\n\s+at /);
    return output;
  }

  it('for a second server on the same data folder', async () => {
    await start().url();
    expect(await failure({})).toMatch(/already using .*stop it or choose another DATA_DIR/);
  });

  it('for a port in use', async () => {
    const taken: Server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const output = await failure({ PORT: String(port) });
    taken.close();
    expect(output).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(output).toContain('set PORT to a free one');
  });

  it('for a database that cannot be reached', async () => {
    const output = await failure({
      DATABASE_URL: 'postgresql://someone:pass-word-here@127.0.0.1:1/none',
      ADMIN_TOKEN: '0123456789abcdef0123456789abcdef',
    });
    expect(output).toMatch(/127\.0\.0\.1:1/);
    expect(output).not.toContain('pass-word-here');
  });

  it('for a SECRETS_KEY that did not seal what is stored, until it may be forgotten', async () => {
    const first = start();
    const url = await first.url();
    const account = { account_id: 'acme', name: 'Acme', currency: 'USD' };
    await call(url, 'POST', '/v1/accounts', account);
    const meta = { access_token: 'a-token-of-acme', ad_account_id: '1' };
    expect((await call(url, 'PUT', '/v1/accounts/acme/credentials', { meta })).status).toBe(200);
    await stop(first);
    const other = { SECRETS_KEY: 'cd'.repeat(32) };
    const output = await failure(other);
    expect(output).toContain('SECRETS_KEY is not the key that sealed');
    expect(output).toContain('account "acme" (meta)');
    expect(output).toContain('rotate-secrets');
    const forgetful = start({ ...other, SECRETS_KEY_FORGET: 'true' });
    await forgetful.url();
    expect(forgetful.output()).toContain('"acme" (meta): enter them again.');
    await stop(forgetful);
    await start(other).url();
  });

  it('for bad variables, all of them at once', async () => {
    const output = await failure({ PORT: 'http', LOG_LEVEL: 'loud', BATCH_SIZE: '51' });
    for (const name of ['PORT', 'LOG_LEVEL', 'BATCH_SIZE']) expect(output).toContain(name);
  });

  it('for DATABASE_URL without an administrator’s token', async () => {
    const output = await failure({ DATABASE_URL: 'postgresql://127.0.0.1/none' });
    expect(output).toContain('ADMIN_TOKEN');
    expect(output).toContain('openssl rand -hex 32');
  });
});
