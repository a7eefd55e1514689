// Jobs and real processes: what a lease promises when its holder is killed, and when two want it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { openTestDatabase } from '../harness/database.js';

const SCRIPT = fileURLToPath(new URL('job-process.mjs', import.meta.url));
/** Long enough for a renewal: the lease that is taken over is a renewed one. */
const HELD_MILLIS = 6000;

let database: Awaited<ReturnType<typeof openTestDatabase>>;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await openTestDatabase();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => database.close());

/** Starts a process; `line` resolves with the first thing it says. */
function startProcess(mode: string) {
  const { url, schema } = database.schema.address;
  const child = spawn(process.execPath, [SCRIPT, mode, url, schema], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const line = once(createInterface({ input: child.stdout }), 'line').then(
    ([text]) => JSON.parse(String(text)) as Record<string, number | string>,
  );
  return { child, line };
}

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

it('a job whose holder was killed runs elsewhere within 30 s, not while the lease lives', async () => {
  const holder = startProcess('hold');
  const { started } = await holder.line;
  await pause(HELD_MILLIS);
  holder.child.kill('SIGKILL');
  const killedAt = performance.now();
  const taker = await startProcess('take').line;
  const seconds = (performance.now() - killedAt) / 1000;
  expect(taker).toEqual({ refused: expect.any(Number), status: 'succeeded' });
  // The last renewal is at most 5 s old, so at least 15 s of the 20 were left.
  expect(seconds).toBeGreaterThan(13);
  expect(seconds).toBeLessThan(30);
  expect(
    await database.dataSource.query(
      `select run_id, status, error, term::int as term from job_runs where name = 'held'
        order by term`,
    ),
  ).toEqual([
    { run_id: started, status: 'failed', error: 'the process that ran it died', term: 1 },
    { run_id: expect.any(String), status: 'succeeded', error: null, term: 2 },
  ]);
}, 45_000);

it('two processes never run the same job at once', async () => {
  await database.dataSource.query(
    `create table witnessed (
       id bigint generated always as identity primary key, process int not null,
       began timestamptz not null, ended timestamptz not null)`,
  );
  const [one, two] = [startProcess('race'), startProcess('race')];
  const [first, second] = await Promise.all([one.line, two.line]);
  for (const process of [first, second]) {
    expect(process['ran']).toBeGreaterThan(3);
    expect(process['refused']).toBeGreaterThan(3);
  }
  const overlaps: unknown[] = await database.dataSource.query(
    `select a.process, b.process as other from witnessed a
       join witnessed b on a.id < b.id
        and tstzrange(a.began, a.ended, '[]') && tstzrange(b.began, b.ended, '[]')`,
  );
  expect(overlaps).toEqual([]);
  const [{ runs }] = (await database.dataSource.query(
    'select count(*)::int as runs from witnessed',
  )) as [{ runs: number }];
  expect(runs).toBe(Number(first['ran']) + Number(second['ran']));
}, 30_000);
