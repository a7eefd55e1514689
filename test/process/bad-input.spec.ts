// Bodies that are meant to hurt: each is refused with its own code, in the form of its endpoint,
// and the server's memory stays where it was.
import { mkdtemp, rm } from 'node:fs/promises';
import { request as openRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PIXEL, purchase } from '../harness/capi.js';
import { createTestSchema, type TestSchema } from '../harness/database.js';
import { TEST_ADMIN_TOKEN } from '../harness/server.js';
import { startProcess, type ServerProcess } from '../harness/server-process.js';

const MIB = 1024 * 1024;
/** What the heap may swing by; one attack held in memory whole would be many times this. */
const GROWTH_MAX = 150 * MIB;

let schema: TestSchema;
let folder: string;
let server: ServerProcess;

beforeAll(async () => {
  schema = await createTestSchema();
  folder = await mkdtemp(join(tmpdir(), 'loopgain-bad-'));
  server = await startProcess({
    ...{ DATA_DIR: folder, DATABASE_URL: schema.url, CRON_ENABLED: 'false' },
    ...{ LOG_LEVEL: 'error', META_PIXEL_ID: PIXEL },
  });
  const account = { account_id: 'shop', name: 'shop', currency: 'USD' };
  await server.call('POST', '/v1/accounts', account);
}, 120_000);

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
  await schema.drop();
});

const OURS = '/v1/conversions?account_id=shop';
const META = `/v25.0/${PIXEL}/events?account_id=shop`;

/** Written by hand, so that lengths may be missing and streams endless. */
function post(
  path: string,
  body: Buffer | string | Iterable<Buffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = openRequest(`${server.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TEST_ADMIN_TOKEN}`,
        'content-type': 'application/json',
        ...headers,
      },
    });
    request.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const type = String(response.headers['content-type']);
        resolve({ status: response.statusCode ?? 0, type, body: JSON.parse(text) as never });
      });
    });
    request.on('error', reject);
    const isWhole = typeof body === 'string' || Buffer.isBuffer(body);
    if (isWhole) request.end(body);
    else void write(request, body).catch(reject);
  });
}

async function write(request: ReturnType<typeof openRequest>, chunks: Iterable<Buffer>) {
  for (const chunk of chunks) {
    if (request.writableNeedDrain) await new Promise((resolve) => request.once('drain', resolve));
    request.write(chunk);
  }
  request.end();
}

async function residentBytes(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
}

function* chunksOf(total: number): Iterable<Buffer> {
  yield Buffer.from('{"data": ["');
  for (let sent = 0; sent < total; sent += MIB) yield Buffer.alloc(MIB, 'x');
  yield Buffer.from('"]}');
}

const besideEvents = (text: string) =>
  `{"test_event_code":"${text}","data":[${JSON.stringify(purchase('x'))}]}`;
const events = (count: number) => JSON.stringify({ data: Array(count).fill(purchase('x')) });
const tenMegabytes = JSON.stringify({ data: [{ ...purchase('x'), note: 'x'.repeat(10 * MIB) }] });
const bomb = gzipSync(Buffer.alloc(1000 * 1024, ' '));
const manyTimes = (text: string, times: number) => Buffer.from(text.repeat(times));
const nested = (open: string, close: string, times: number) =>
  Buffer.concat([
    Buffer.from('{"data": ['),
    manyTimes(open, times),
    Buffer.from('1'),
    manyTimes(close, times),
    Buffer.from(']}'),
  ]);

const ATTACKS: [name: string, status: number, code: string, send: (path: string) => unknown[]][] = [
  ['5,000 events', 413, 'request.too_many_items', () => [events(5000)]],
  ['no event', 400, 'request.invalid', () => ['{"data": []}']],
  ['malformed JSON', 400, 'request.malformed', () => [events(1000).slice(0, -5)]],
  ['a string of 10 MB', 413, 'request.too_large', () => [tenMegabytes]],
  ['48 MB without a length', 413, 'request.too_large', () => [chunksOf(48 * MIB)]],
  [
    'a gzip bomb',
    415,
    'request.unsupported_encoding',
    () => [bomb, { 'content-encoding': 'gzip' }],
  ],
  [
    'a brotli bomb',
    415,
    'request.unsupported_encoding',
    () => [brotliCompressSync(Buffer.alloc(MIB)), { 'content-encoding': 'br, gzip' }],
  ],
  [
    'another content type',
    415,
    'request.unsupported_media_type',
    () => [events(1), { 'content-type': 'application/xml' }],
  ],
  ['lists without a bottom', 400, 'request.malformed', () => [nested('[', ']', 2e6)]],
  ['objects without a bottom', 400, 'request.malformed', () => [nested('{"a":', '}', 7e5)]],
  ['half a character', 400, 'request.malformed', () => [besideEvents('\\ud83d')]],
  ['the character U+0000', 400, 'request.malformed', () => [besideEvents('\\u0000')]],
];

describe('a body that is meant to hurt', () => {
  it.each(ATTACKS)('is refused: %s', async (_, status, code, send) => {
    const [body, headers] = send(OURS) as Parameters<typeof post> extends [string, ...infer R]
      ? R
      : never;
    const ours = await post(OURS, body, headers);
    expect([ours.status, ours.type]).toEqual([status, 'application/problem+json; charset=utf-8']);
    expect(ours.body).toMatchObject({ status, code, instance: '/v1/conversions' });
    const [again, more] = send(META) as [string, Record<string, string>?];
    const meta = await post(META, again, more);
    expect(meta.status).toBe(status);
    expect(meta.body).toEqual({
      error: {
        message: expect.stringMatching(/^\(#100\) /),
        type: 'OAuthException',
        code: 100,
        is_transient: false,
        error_user_title: expect.any(String),
        error_user_msg: expect.any(String),
        fbtrace_id: expect.any(String),
      },
    });
  });

  it('leaves the memory of the server where it was, however many there are', async () => {
    const before = await residentBytes();
    for (let round = 0; round < 4; round += 1) {
      const sent = ATTACKS.flatMap(([, , , send]) =>
        [OURS, META].map((path) => {
          const [body, headers] = send(path) as [string, Record<string, string>?];
          return post(path, body, headers);
        }),
      );
      await Promise.all(sent);
    }
    expect((await residentBytes()) - before).toBeLessThan(GROWTH_MAX);
    const good = await post(OURS, events(1));
    expect(good.body).toMatchObject({ accepted: 1 });
  });
});
