// What becomes of a body: whose it is comes first, its bytes second, its meaning last.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseForm, parseJson, parseMultipart } from './body.js';
import type { BulkRoute } from './bulk-intake.js';
import { BodyQuota, KEY_HOLDERS, STRANGERS } from './body-quota.js';
import type { Gatekeeper, KnockingRequest } from './gatekeeper.js';
import type { GuestProtocols } from './guest-protocols.js';
import { readBody } from './read-body.js';

export function addParsers(
  fastify: FastifyInstance,
  keys: Gatekeeper,
  protocols: GuestProtocols,
): void {
  const strangers = new BodyQuota(STRANGERS);
  const keyHolders = new BodyQuota(KEY_HOLDERS);
  const bytesOf = async (request: FastifyRequest, payload: unknown): Promise<Buffer> => {
    const knocking = request as unknown as KnockingRequest;
    const holder = keys.holderOf(knocking);
    const holding =
      holder === null ? { quota: strangers, holder: knocking.ip } : { quota: keyHolders, holder };
    const body = await readBody(payload as IncomingMessage, holding);
    // Where the token may stand inside of the body, nothing is parsed until it has been found.
    const guest = protocols.at(request.routeOptions.url);
    if (guest !== null && holder === null) {
      await keys.admit(knocking, guest.tokenInside(body, contentTypeOf(request)) ?? '');
    }
    return body;
  };
  const isGuest = (request: FastifyRequest) => protocols.at(request.routeOptions.url) !== null;

  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    async (request: FastifyRequest, payload: unknown) =>
      parseJson((await bytesOf(request, payload)).toString('utf8'), itemListsOf(request)),
  );
  // Forms on a guest's route alone: everywhere else a form is a mistake (or a page that makes a
  // browser send one), and stays 415.
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    async (request: FastifyRequest, payload: unknown) => {
      if (!isGuest(request)) throw unsupported();
      return parseForm((await bytesOf(request, payload)).toString('utf8'));
    },
  );
  fastify.addContentTypeParser(
    'multipart/form-data',
    async (request: FastifyRequest, payload: unknown) => {
      if (!isGuest(request)) throw unsupported();
      return parseMultipart(await bytesOf(request, payload), contentTypeOf(request));
    },
  );
  // Imports stream: the handler reads the request itself and counts its own limit.
  fastify.addContentTypeParser(
    'text/csv',
    { bodyLimit: Number.MAX_SAFE_INTEGER },
    (_request: FastifyRequest, payload, done) => done(null, payload),
  );
}

/** None but on a route whose handler takes its body through a `BulkIntake`. */
function itemListsOf(request: FastifyRequest): readonly string[] {
  return (request.routeOptions.config as Partial<BulkRoute>).itemLists ?? [];
}

function contentTypeOf(request: FastifyRequest): string {
  return request.headers['content-type'] ?? '';
}

function unsupported(): Error {
  return Object.assign(new Error('Unsupported media type'), { statusCode: 415 });
}
