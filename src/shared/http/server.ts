// The HTTP shell around any Nest module: Fastify, limits, security headers, request ids, logs,
// problem documents. The benchmarks put other modules into the same shell.
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import fastifyHelmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors.js';
import { Lifecycle } from '../lifecycle.js';
import { Log, NestLog } from '../log.js';
import { parseForm, parseJson, parseMultipart } from './body.js';
import { META_EVENTS_ROUTE } from './meta-envelope.js';
import { problem } from './problem.js';
import { ProblemFilter } from './problem.filter.js';

/** The contract's bound on a JSON body. */
export const BODY_BYTES_MAX = 5 * 1024 * 1024;
/** So much of a refused body is read and thrown away before the answer, for so long. */
const REFUSED_BYTES_MAX = 64 * 1024 * 1024;
const REFUSED_MILLIS_MAX = 5000;
/** A client that sends its request drop by drop is cut off; imports are exempt by their handler. */
const REQUEST_TIMEOUT_MILLIS = 10 * 60_000;

export async function createHttpApp(
  module: Parameters<typeof NestFactory.create>[0],
  log: Log,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    requestTimeout: REQUEST_TIMEOUT_MILLIS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      void refuse(reply, 400, 'The address is not well-formed.', request.url);
    },
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLog(log.root),
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter(log.root));
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  addParsers(fastify);
  addHooks(fastify, app.get(Lifecycle), log);
  await fastify.register(fastifyHelmet, { contentSecurityPolicy: { directives: STRICT_POLICY } });
  return app;
}

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

// The viewer of the API documents brings inline styles and one inline script of its own.
const DOCS_POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

function addParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: BODY_BYTES_MAX },
    (_request: FastifyRequest, body: string | Buffer, done) => {
      try {
        done(null, parseJson(body.toString()));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  // Meta's own protocol, on Meta's own route alone: everywhere else a form is a mistake (or a page
  // that makes a browser send one), and stays 415.
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: BODY_BYTES_MAX },
    (request: FastifyRequest, body: string | Buffer, done) => {
      if (request.routeOptions.url === META_EVENTS_ROUTE) done(null, parseForm(body.toString()));
      else done(unsupported());
    },
  );
  fastify.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
    async (request: FastifyRequest, body: Buffer) => {
      if (request.routeOptions.url !== META_EVENTS_ROUTE) throw unsupported();
      return parseMultipart(body, request.headers['content-type'] ?? '');
    },
  );
  // Imports stream: the handler reads the request itself and counts its own limit.
  fastify.addContentTypeParser(
    'text/csv',
    { bodyLimit: Number.MAX_SAFE_INTEGER },
    (_request: FastifyRequest, payload: Readable, done) => done(null, payload),
  );
}

function unsupported(): Error {
  return Object.assign(new Error('Unsupported media type'), { statusCode: 415 });
}

function refuse(reply: FastifyReply, status: number, detail: string, url: string): FastifyReply {
  return reply
    .status(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem(status, detail, url)));
}

/** Ends with the body, with the connection, or at our limits. */
function restOf(body: Readable): Promise<void> {
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

function addHooks(fastify: FastifyInstance, lifecycle: Lifecycle, log: Log): void {
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    // PostgreSQL text cannot hold U+0000, so no id and no filter can be meant by it.
    if (request.url.includes('%00')) {
      await refuse(reply, 400, 'The address holds the character U+0000.', request.url);
      return;
    }
    if (!lifecycle.isDraining() || request.url.startsWith('/health/')) return;
    void reply.header('connection', 'close').header('retry-after', '5');
    await refuse(reply, 503, 'The server is shutting down.', request.url);
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
  fastify.addHook('onSend', async (request, reply, payload) => {
    // A refusal that closes the connection while the client still writes would never be read.
    const isOpen = !request.raw.complete && !request.raw.destroyed;
    if (reply.statusCode >= 400 && isOpen) await restOf(request.raw);
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
