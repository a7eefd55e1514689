// From the connection to the bytes of a body: bounded in size, in time and in what is held at once.
import type { IncomingMessage } from 'node:http';
import { DomainError } from '../errors.js';
import type { BodyQuota } from './body-quota.js';

/** The contract's bound on a JSON body. */
export const BODY_BYTES_MAX = 5 * 1024 * 1024;
/** Long enough for a phone's uplink; a client that sends drop by drop is cut off. */
const BODY_MILLIS_MAX = 30_000;

export interface Holding {
  quota: BodyQuota;
  holder: string;
}

/** @throws DomainError 408, 413, 429 or 503; 400 when the client leaves in the middle. */
export async function readBody(
  request: IncomingMessage,
  { quota, holder }: Holding,
  millis = BODY_MILLIS_MAX,
): Promise<Buffer> {
  if (Number(request.headers['content-length']) > BODY_BYTES_MAX) throw tooLarge();
  let drop: (refusal: DomainError) => void = () => undefined;
  const held = quota.open(holder, (refusal) => drop(refusal));
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const chunks: Buffer[] = [];
      const fail = (error: unknown) => {
        request.removeAllListeners('data').pause();
        clearTimeout(timer);
        chunks.length = 0;
        reject(error as Error);
      };
      drop = fail;
      const timer = setTimeout(() => fail(tooSlow(millis)), millis);
      request.on('data', (chunk: Buffer) => {
        try {
          quota.take(held, chunk.length);
          if (held.bytes > BODY_BYTES_MAX) throw tooLarge();
          chunks.push(chunk);
        } catch (error) {
          fail(error);
        }
      });
      request.once('end', () => resolve(Buffer.concat(chunks)));
      for (const event of ['close', 'error']) request.once(event, () => fail(isCutOff()));
      request.once('end', () => clearTimeout(timer));
    });
  } finally {
    quota.close(held);
  }
}

function tooLarge(): DomainError {
  const detail = 'The body is larger than 5 MiB; send it in smaller parts.';
  return new DomainError(413, 'request.too_large', detail);
}

function tooSlow(millis: number): DomainError {
  const detail = `The body did not arrive within ${millis / 1000} s.`;
  return new DomainError(408, 'request.timeout', detail);
}

function isCutOff(): DomainError {
  return new DomainError(400, 'request.malformed', 'The body ended before its announced length.');
}
