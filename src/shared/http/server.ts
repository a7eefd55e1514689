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
import { META_EVENTS_ROUTE } from './meta-envelope.js';
import { problem } from './problem.js';
import { ProblemFilter } from './problem.filter.js';

/** The contract's bound on a JSON body. */
export const BODY_BYTES_MAX = 5 * 1024 * 1024;
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
      else done(Object.assign(new Error('Unsupported media type'), { statusCode: 415 }));
    },
  );
  // Imports stream: the handler reads the request itself and counts its own limit.
  fastify.addContentTypeParser(
    'text/csv',
    { bodyLimit: Number.MAX_SAFE_INTEGER },
    (_request: FastifyRequest, payload: Readable, done) => done(null, payload),
  );
}

/** PostgreSQL text holds no half of a surrogate pair, nor U+0000; JSON writes them with an escape. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws DomainError 400 for malformed JSON and for what PostgreSQL cannot hold. */
export function parseJson(text: string): unknown {
  // Buttons and simple clients send the header with nothing behind it.
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('The body is not well-formed JSON.');
  }
  // The cheap look first, the walk only when it may be there.
  if (text.includes('\\u') || text.includes('__proto__')) refuseUnholdable(value, '');
  return value;
}

/** Repeated fields become lists. */
function parseForm(text: string): Record<string, string | string[]> {
  const form = new URLSearchParams(text);
  const fields = [...new Set(form.keys())].map((name): [string, string | string[]] => {
    const values = form.getAll(name);
    return [name, values.length === 1 ? (values[0] ?? '') : values];
  });
  return Object.fromEntries(fields);
}

function refuseUnholdable(value: unknown, pointer: string): void {
  if (typeof value === 'string' && value.includes('\u0000')) {
    throw malformed('The body holds the character U+0000.', pointer);
  }
  if (typeof value === 'string' && LONE_SURROGATE.test(value)) {
    throw malformed('The body holds half of a surrogate pair.', pointer);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    if (name === '__proto__' || name.includes('\u0000') || LONE_SURROGATE.test(name)) {
      throw malformed('The body holds a name that is not allowed.', pointer);
    }
    refuseUnholdable(part, `${pointer}/${name}`);
  }
}

function malformed(detail: string, pointer = ''): DomainError {
  return new DomainError(400, 'request.malformed', detail, { errors: [{ pointer, detail }] });
}

function refuse(reply: FastifyReply, status: number, detail: string, url: string): FastifyReply {
  return reply
    .status(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem(status, detail, url)));
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
  fastify.addHook('onSend', async (request, reply, payload) => {
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
