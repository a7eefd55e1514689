import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DomainError } from '../errors.js';
import { BodyQuota } from './body-quota.js';
import { readBody } from './read-body.js';

const MIB = 1024 * 1024;
const quota = new BodyQuota({ each: 2 * MIB, all: 3 * MIB });
const sockets: Socket[] = [];
let server: Server;
/** What became of each body: its length, or why not. */
let outcomes: (number | string)[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { headers } = request;
    readBody(request, { quota, holder: String(headers['x-holder']) }, Number(headers['x-millis']))
      .then(
        (body) => outcomes.push(body.length),
        (error: DomainError) => outcomes.push(`${error.status} ${error.code}`),
      )
      .finally(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

function open(holder: string, announced: number, sent: number, millis = 300): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nX-Holder: ${holder}\r\nX-Millis: ${millis}\r\n`);
  socket.write(`Content-Length: ${announced}\r\n\r\n`);
  socket.write(Buffer.alloc(sent));
  return socket;
}

async function outcomesOf(count: number): Promise<(number | string)[]> {
  while (outcomes.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
  return outcomes.splice(0).sort();
}

describe('a body', () => {
  it('is read whole', async () => {
    open('a', MIB, MIB);
    expect(await outcomesOf(1)).toEqual([MIB]);
  });

  it('that is announced as too large, stops, or is broken off is refused by name', async () => {
    open('a', 6 * MIB, 10);
    open('a', 100, 99);
    const gone = open('a', 100, 50);
    setTimeout(() => gone.destroy(), 50);
    expect(await outcomesOf(3)).toEqual([
      '400 request.malformed',
      '408 request.timeout',
      '413 request.too_large',
    ]);
  });

  it('counts against who sends it, and all together, until it has been read', async () => {
    outcomes = [];
    for (const holder of ['a', 'a', 'a']) open(holder, MIB, MIB - 1);
    expect(await outcomesOf(3)).toEqual([
      ...['408 request.timeout', '408 request.timeout'],
      '429 rate_limit.bytes_under_way',
    ]);
    for (const holder of ['a', 'b', 'c', 'd']) open(holder, MIB, MIB - 1);
    expect(await outcomesOf(4)).toContain('503 server.unavailable');
    open('a', 2 * MIB, 2 * MIB);
    expect(await outcomesOf(1)).toEqual([2 * MIB]);
  });

  it.each([
    ['from where they come', ['a', 'a']],
    ['of all', ['b', 'c', 'd']],
  ])('that moves takes the room of those that stand still, %s', async (_, holders) => {
    outcomes = [];
    const standing = holders.map((holder) => open(holder, MIB, MIB - 9, 5000));
    // A byte now and then is no movement.
    for (let drops = 0; drops < 5; drops += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const socket of standing) socket.write('x');
    }
    open('a', MIB / 2, MIB / 2);
    // One of them is enough.
    expect(await outcomesOf(2)).toEqual(['408 request.timeout', MIB / 2]);
    for (const socket of standing) socket.destroy();
    await outcomesOf(holders.length - 1);
  });
});
