// A local stand-in for graph.facebook.com over real HTTP: the client's own sockets, timeouts and
// encodings are under test, so nothing of it is mocked. State is in the world, chance in the
// faults, answers in the routes; this file only moves bytes.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerBatch, isBatch, isSpoiling, kindOf, spoiled } from './fake-graph-batch.js';
import { missingObject, type GraphReply } from './fake-graph-errors.js';
import { FaultPlan } from './fake-graph-faults.js';
import {
  accountInsights,
  accountNode,
  permissions,
  checkToken,
  minimumBudgets,
  readOrWriteObject,
  type GraphCall,
  type GraphRoute,
} from './fake-graph-routes.js';
import type { FakeScore } from './fake-graph-score.js';
import { send } from './fake-graph-transport.js';
import { FakeGraphWorld, type FakeWorldOptions } from './fake-graph-world.js';

export interface RecordedRequest {
  method: string;
  /** Path and query as they came over the wire. */
  url: string;
  headers: Record<string, string>;
  body: string;
}

const VERSION = /^v\d+\.\d+$/;
/** A rehearsal may run for days; a test never makes as many. */
const REQUESTS_MAX = 50_000;

export class FakeGraphServer {
  readonly faults = new FaultPlan();
  /** The latest ones. */
  readonly requests: RecordedRequest[] = [];
  /** HTTP calls since the start. */
  calls = 0;
  /** Tried in order; put a further edge at the front. */
  readonly routes: GraphRoute[] = [
    ...[checkToken, permissions, minimumBudgets, accountNode, accountInsights, readOrWriteObject],
  ];
  /** Points and blocks of the account score; off until a test or a rehearsal turns it on. */
  score: FakeScore | null = null;
  /** Compress for callers that take it, as Meta does. */
  gzip = false;
  /** Of every answer, as if the network took it. */
  latencyMs = 0;
  /** Awaited before a call is answered: holds back the calls that a test wants to hold. */
  hold: (call: GraphCall) => Promise<void> = () => Promise.resolve();
  /** On every answer: the usage headers, say. */
  readonly headers: Record<string, string> = {};

  private constructor(
    readonly world: FakeGraphWorld,
    private readonly server: Server,
  ) {
    server.on('request', (request, response) => {
      // A request that the fake cannot even parse is cut off: the test then fails at its own call.
      this.serve(request, response).catch(() => response.destroy());
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: FakeWorldOptions = {}, port = 0): Promise<FakeGraphServer> {
    const server = createServer();
    const fake = new FakeGraphServer(new FakeGraphWorld(options), server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  /** One call without transport and without faults: what an item of a batch gets. */
  answer(call: GraphCall): GraphReply {
    for (const route of this.routes) {
      const reply = route(call, this.world);
      if (reply) return reply;
    }
    return missingObject(call.path);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const { method = 'GET', url = '/' } = request;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    if (this.requests.push({ method, url, headers, body }) > REQUESTS_MAX) this.requests.shift();
    this.calls += 1;
    const call = readCall({ method, url, headers, body }, this.url);
    if (this.latencyMs > 0) await sleep(this.latencyMs);
    await this.hold(call);
    const fault = this.faults.take(kindOf(call));
    if (fault?.kind === 'delay') await sleep(fault.ms, undefined, { ref: false });
    const act = () => (isBatch(call) ? answerBatch(call, this) : this.scored(call));
    const reply = fault && isSpoiling(fault) ? spoiled(fault, act) : act();
    if (fault?.kind === 'outside_edit') this.world.editIfThere(call.path, fault.change);
    if (reply === null) return void request.socket.destroy();
    await send(response, reply, {
      headers: { ...this.headers, ...this.score?.headers() },
      gzip: this.gzip && /\bgzip\b/.test(headers['accept-encoding'] ?? ''),
      dripMs: fault?.kind === 'drip' ? fault.ms : 0,
    });
  }

  /** One call, or one item of a batch, against its points. */
  scored(call: GraphCall): GraphReply {
    return this.score?.refusalOf(call.method !== 'GET') ?? this.answer(call);
  }
}

/** Reads one request as Graph does: fields from query and body alike, form or JSON. */
function readCall(request: RecordedRequest, base: string): GraphCall {
  const url = new URL(request.url, base);
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  const version = VERSION.test(segments[0] ?? '') ? segments.shift() : undefined;
  const { access_token, appsecret_proof, ...fields } = {
    ...Object.fromEntries(url.searchParams),
    ...bodyFields(request),
  };
  const bearer = /^(?:Bearer|OAuth) (.+)$/.exec(request.headers['authorization'] ?? '')?.[1];
  return {
    method: request.method,
    path: segments.map(decodeURIComponent).join('/'),
    fields,
    token: access_token ?? bearer ?? null,
    proof: appsecret_proof ?? null,
    root: version ? `${base}/${version}` : base,
  };
}

function bodyFields({ headers, body }: RecordedRequest): Record<string, string> {
  if (body === '') return {};
  if (!(headers['content-type'] ?? '').startsWith('application/json')) {
    return Object.fromEntries(new URLSearchParams(body));
  }
  const given = Object.entries(JSON.parse(body) as Record<string, unknown>);
  // SDKs send unset keys as null; objects inside are JSON text, as in a form.
  const set = given.filter(([, value]) => value !== null);
  return Object.fromEntries(
    set.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
