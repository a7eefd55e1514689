// What happens below requests: how long a client may take to say what it wants, how many may be
// connected, and the answers to what is no well-formed request.
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { problem } from './problem.js';

/** More than a machine serves at once, less than its file descriptors. */
const CONNECTIONS_MAX = 4000;

/** For `http.createServer`. Bodies have limits of their own (uploads may take their time). */
export const CONNECTION_OPTIONS = {
  headersTimeout: 15_000,
  requestTimeout: 0,
  /** Node looks for late clients only so often. */
  connectionsCheckingInterval: 2000,
  /** A client that vanished without a word is found by the operating system. */
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  /** Told with a problem document instead. */
  requireHostHeader: false,
} as const;

export function guardConnections(server: Server): void {
  server.maxConnections = CONNECTIONS_MAX;
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const body = textOf(417, 'The expectation is not met: only 100-continue is.', request.url);
    response.writeHead(417, { ...PROBLEM_HEADERS, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
}

/** Fastify's `clientErrorHandler`: the parser gave up, so there is neither request nor reply. */
export function answerParserError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, detail] = PARSER_ERRORS[error.code ?? ''] ?? MALFORMED;
  const body = textOf(status, detail);
  if (socket.writable) {
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-type: ${PROBLEM_HEADERS['content-type']}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroySoon();
}

const PROBLEM_HEADERS = {
  'content-type': 'application/problem+json; charset=utf-8',
  connection: 'close',
};

const MALFORMED = [400, 'The request is not well-formed HTTP.'] as const;
const PARSER_ERRORS: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'The address and headers are larger than 16 KiB.'],
};

function textOf(status: number, detail: string, url = ''): string {
  return JSON.stringify(problem(status, detail, url));
}
