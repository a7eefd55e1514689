// The HTTP shell around any Nest module: Fastify, limits, security headers, request ids, logs,
// problem documents. The benchmarks put other modules into the same shell.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import fastifyHelmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FullDisk } from '../database/full-disk.js';
import { DomainError } from '../errors.js';
import { Lifecycle } from '../lifecycle.js';
import { Log, NestLog } from '../log.js';
import { CONNECTION_OPTIONS, answerParserError, guardConnections } from './connections.js';
import { Gatekeeper, type KnockingRequest } from './gatekeeper.js';
import { GuestProtocols } from './guest-protocols.js';
import { addParsers } from './parsers.js';
import { problem } from './problem.js';
import { ProblemFilter } from './problem.filter.js';
import { BODY_BYTES_MAX } from './read-body.js';
import { RouteTable } from './route-table.js';

/** So much of a refused body is read and thrown away before the answer, for so long. */
const REFUSED_BYTES_MAX = 64 * 1024 * 1024;
const REFUSED_MILLIS_MAX = 5000;
/** An id of 128 characters, each of four bytes, each byte written as %XX. */
const PARAMETER_CHARACTERS_MAX = 128 * 4 * 3;

export async function createHttpApp(
  module: Parameters<typeof NestFactory.create>[0],
  log: Log,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    http: CONNECTION_OPTIONS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: true,
    clientErrorHandler: answerParserError,
    frameworkErrors: (error: { statusCode?: number }, request: FastifyRequest, reply: unknown) => {
      const isLong = error.statusCode === 414;
      const detail = isLong ? 'A part of the address is too long.' : MALFORMED_ADDRESS;
      void refuse(reply as FastifyReply, isLong ? 414 : 400, detail, request.url);
    },
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX, ignoreTrailingSlash: true },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLog(log.root),
    bodyParser: false,
    abortOnError: false,
  });
  const find = <T>(token: abstract new (...parts: never[]) => T): T =>
    app.get(token, { strict: false });
  const protocols = find(GuestProtocols);
  const keys = find(Gatekeeper);
  app.useGlobalFilters(new ProblemFilter(log.root, protocols, find(FullDisk)));
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  guardConnections(fastify.server as Server);
  addParsers(fastify, keys, protocols);
  addDoors(fastify, find(Lifecycle), protocols);
  addKeyCheck(fastify, keys, protocols);
  addEndings(fastify, log);
  await fastify.register(fastifyHelmet, {
    contentSecurityPolicy: { directives: STRICT_POLICY },
    // Whether all of a host speaks TLS is for whoever terminates it to promise.
    strictTransportSecurity: false,
  });
  return app;
}

const MALFORMED_ADDRESS = 'The address is not well-formed.';

const STRICT_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  upgradeInsecureRequests: null,
};

// The viewer of the API documents brings inline styles of its own; its scripts are files.
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

function refuse(reply: FastifyReply, status: number, detail: string, url: string): FastifyReply {
  return reply
    .status(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem(status, detail, url)));
}

/** What stands before every handler: no body is read and no key looked up for these. */
function addDoors(fastify: FastifyInstance, lifecycle: Lifecycle, protocols: GuestProtocols): void {
  const table = new RouteTable();
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) table.add(one, url);
  });
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    // PostgreSQL text cannot hold U+0000, so no id and no filter can be meant by it.
    if (request.url.includes('%00')) {
      return refuse(reply, 400, 'The address holds the character U+0000.', request.url);
    }
    if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) {
      return refuse(reply, 400, 'HTTP/1.1 needs a Host header.', request.url);
    }
    if (lifecycle.isDraining() && !request.url.startsWith('/health/')) {
      void reply.header('connection', 'close').header('retry-after', '5');
      return refuse(reply, 503, 'The server is shutting down.', request.url);
    }
    if (!request.is404) return;
    const known = table.at(request.url);
    if (!known) return refuse(reply, 404, 'There is no such endpoint.', request.url);
    void reply.header('allow', known.methods.join(', '));
    const detail = `Here only ${known.methods.join(', ')} will do.`;
    const envelope = protocols.at(known.pattern)?.errorAnswer;
    if (!envelope) return refuse(reply, 405, detail, request.url);
    return reply.status(405).send(envelope(problem(405, detail, request.url), request.id));
  });
  // Nobody needs it here, and what unpacks to a thousand times its size is not worth a limit of its
  // own.
  fastify.addHook('onRequest', async (request) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
    throw new DomainError(
      415,
      'request.unsupported_encoding',
      'Send the body as it is, without Content-Encoding.',
    );
  });
}

/** Whoever sends a body shows a key first. Without one, nothing of it is read. */
function addKeyCheck(fastify: FastifyInstance, keys: Gatekeeper, protocols: GuestProtocols): void {
  fastify.addHook('onRequest', async (request) => {
    const isBodiless = request.method === 'GET' || request.method === 'HEAD';
    if (isBodiless || request.is404) return;
    const knocking = request as unknown as KnockingRequest;
    const guest = protocols.at(request.routeOptions.url);
    if (!guest) {
      await keys.admit(knocking, null);
      return;
    }
    const token = guest.tokenOutside(request);
    if (token !== null) await keys.admit(knocking, token);
  });
}

function addEndings(fastify: FastifyInstance, log: Log): void {
  fastify.addHook('onSend', async (request, reply, payload) => {
    // A refusal that closes the connection while the client still writes would never be read.
    const mayDrain = reply.statusCode >= 400 && reply.statusCode !== 408;
    if (mayDrain && isOpen(request.raw)) await restOf(request.raw);
    // The rest of this body would be taken for the next request.
    if (!request.raw.complete) void reply.header('connection', 'close');
    if (request.url.startsWith('/docs')) {
      void reply.header('content-security-policy', DOCS_POLICY);
    }
    return payload;
  });
  fastify.addHook('onResponse', async (request, reply) => {
    const principal = (request as { principal?: { accountId?: string; name?: string } }).principal;
    log.root[reply.statusCode >= 500 ? 'warn' : 'info'](
      {
        request_id: request.id,
        method: request.method,
        // The pattern, not the path: ids in paths are the callers' business.
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 10) / 10,
        account_id: principal?.accountId,
        key: principal?.name,
      },
      'request',
    );
  });
}

function isOpen(body: IncomingMessage): boolean {
  return !body.complete && !body.destroyed;
}

/** Ends with the body, with the connection, or at our limits. */
function restOf(body: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = REFUSED_BYTES_MAX;
    const timer = setTimeout(resolve, REFUSED_MILLIS_MAX).unref();
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    body.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) end();
    });
    for (const event of ['end', 'close', 'error']) body.once(event, end);
    body.resume();
  });
}
