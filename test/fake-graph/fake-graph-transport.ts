// How an answer goes over the wire: whole, compressed where the caller takes it, or drop by drop.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { GraphReply } from './fake-graph-errors.js';

export interface Sending {
  headers: Record<string, string>;
  gzip: boolean;
  /** Between the pieces of a slow answer; 0 = at once. */
  dripMs: number;
}

const PIECES = 8;

export async function send(
  response: ServerResponse,
  reply: GraphReply,
  { headers, gzip, dripMs }: Sending,
): Promise<void> {
  const isText = typeof reply.body === 'string';
  const plain = Buffer.from(isText ? (reply.body as string) : JSON.stringify(reply.body));
  const body = gzip ? gzipSync(plain) : plain;
  response.writeHead(reply.status, {
    'content-type': isText ? 'text/html' : 'application/json; charset=UTF-8',
    'x-fb-trace-id': 'AfakeTrace',
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    ...headers,
    ...reply.headers,
  });
  const size = dripMs > 0 ? Math.ceil(body.length / PIECES) : body.length;
  for (let start = 0; start < body.length; start += size) {
    if (start > 0) await sleep(dripMs, undefined, { ref: false });
    response.write(body.subarray(start, start + size));
  }
  response.end();
}
