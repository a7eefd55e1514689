// Talks HTTP to the Graph API: one request, one answer or one PlatformError, no retries (the retry
// policy is the caller's). A write whose outcome nobody can know is `ambiguous`, because repeating
// one that landed is worse than reading the object once more. Tokens never enter a URL or a
// message: the header carries them, and the form of a POST too, where Meta documents them.
import { PlatformError } from '../../shared/index.js';
import { HttpExchange, withoutSecrets, type Intent } from '../http/exchange.js';
import {
  batchText,
  formEncode,
  readBatchReplies,
  type Fields,
  type GraphBatchItem,
  type GraphBatchReply,
} from './graph-batch.js';
import { userMessageOf } from './graph-error-words.js';
import { GraphError, classifyGraphError, isErrorEnvelope } from './graph-errors.js';
import {
  SECRET_PARAMETERS,
  appSecretProof,
  proofFields,
  type GraphCredentials,
} from './graph-secrets.js';
import { isRecord, parseJson, type GraphHeaders } from './graph-usage.js';

/** Account insights take many seconds; a shorter limit would turn slow accounts into dead ones. */
const READ_TIMEOUT_MS = 30_000;
/** A write answers within seconds; each one cut off costs a read-back, so it gets ample time. */
const WRITE_TIMEOUT_MS = 15_000;
/** Ends a chain of paging links that leads in a circle. */
const PAGES_MAX = 1000;

const TOKEN_CHARACTERS = /^[\x21-\x7e]+$/;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export type { GraphCredentials } from './graph-secrets.js';

interface GraphClientOptions {
  /** Scheme, host and perhaps a path: `https://graph.facebook.com`. */
  baseUrl: string;
  /** `v25.0` */
  version: string;
  readTimeoutMs?: number;
  writeTimeoutMs?: number;
  pagesMax?: number;
}

interface GraphAnswer {
  body: unknown;
  headers: GraphHeaders;
  /** Meta's clock by the Date header, ours when it sends none. */
  answeredAt: Date;
}

interface GraphPage {
  rows: unknown[];
  answeredAt: Date;
}

export class GraphClient {
  private readonly root: string;
  private readonly origin: string;
  private readonly http: HttpExchange;
  private readonly pagesMax: number;

  constructor(options: GraphClientOptions) {
    this.root = `${options.baseUrl.replace(/\/+$/, '')}/${options.version}`;
    this.origin = new URL(this.root).origin;
    this.http = new HttpExchange({
      service: 'Meta',
      timeoutsMs: {
        read: options.readTimeoutMs ?? READ_TIMEOUT_MS,
        write: options.writeTimeoutMs ?? WRITE_TIMEOUT_MS,
      },
    });
    this.pagesMax = options.pagesMax ?? PAGES_MAX;
  }

  /** One read. A failure on the way is `transient`. */
  async get(credentials: GraphCredentials, path: string, query: Fields): Promise<GraphAnswer> {
    const url = new URL(`${this.root}/${path}`);
    url.search = formEncode(query);
    return this.read(credentials, url);
  }

  /** One form. After a failure a write may have landed all the same: that is `ambiguous`. */
  async post(
    credentials: GraphCredentials,
    path: string,
    fields: Fields,
    intent: Intent = 'write',
  ): Promise<GraphAnswer> {
    const body = formEncode({ ...proofFields(credentials), ...fields });
    const init = { method: 'POST', body, headers: FORM };
    return this.request(credentials, intent, new URL(`${this.root}/${path}`), init);
  }

  /**
   * Up to 50 calls as one, without dependencies between them. Each item fails by itself; a
   * rejection means that the whole call failed.
   */
  async batch(
    credentials: GraphCredentials,
    intent: Intent,
    items: readonly GraphBatchItem[],
  ): Promise<(GraphBatchReply | PlatformError)[]> {
    const fields = { include_headers: 'true', batch: batchText(items) };
    const answer = await this.post(credentials, '', fields, intent);
    return readBatchReplies(answer.body, items.length).map((reply) =>
      reply === null
        ? this.unsettled(intent, 'no answer to one item of a batch')
        : this.judged(credentials, intent, reply, answer.headers),
    );
  }

  /**
   * All pages of an edge. Empty pages with a next one are followed, links to other hosts are not.
   */
  async *pages(
    credentials: GraphCredentials,
    path: string,
    query: Fields,
  ): AsyncGenerator<GraphPage> {
    let answer = await this.get(credentials, path, query);
    for (let page = 1; ; page += 1) {
      const body = isRecord(answer.body) ? answer.body : {};
      if (!Array.isArray(body['data'])) throw this.unsettled('read', 'a list without its data');
      yield { rows: body['data'], answeredAt: answer.answeredAt };
      const next = isRecord(body['paging']) ? body['paging']['next'] : undefined;
      if (typeof next !== 'string') return;
      if (page >= this.pagesMax) {
        throw new PlatformError(
          'invalid',
          `Meta's list ${path} has more than ${this.pagesMax} pages`,
        );
      }
      answer = await this.read(credentials, this.ownLink(next));
    }
  }

  /** An answer that does not settle the request. */
  unsettled(intent: Intent, what: string): PlatformError {
    return this.http.unsettled(intent, what);
  }

  private read(credentials: GraphCredentials, url: URL): Promise<GraphAnswer> {
    const proof = appSecretProof(credentials);
    if (proof) url.searchParams.set('appsecret_proof', proof);
    return this.request(credentials, 'read', url, { method: 'GET' });
  }

  /** A link out of an answer, on our own host and without the token that Meta writes into it. */
  private ownLink(link: string): URL {
    const url = URL.canParse(link) ? new URL(link) : null;
    if (url?.origin !== this.origin) {
      // Ending the list here would pass a part of the account off as the whole.
      throw new PlatformError(
        'invalid',
        `Meta's next page is not on ${this.origin}; it was not followed. Check META_GRAPH_URL.`,
      );
    }
    for (const name of SECRET_PARAMETERS) url.searchParams.delete(name);
    return url;
  }

  private async request(
    credentials: GraphCredentials,
    intent: Intent,
    url: URL,
    init: RequestInit,
  ): Promise<GraphAnswer> {
    if (!TOKEN_CHARACTERS.test(credentials.accessToken)) {
      throw new PlatformError('auth', 'The access token for Meta is malformed: store it again.');
    }
    const { status, headers, text } = await this.http.send(intent, url, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${credentials.accessToken}` },
    });
    const body = parseJson(text);
    const judged = this.judged(credentials, intent, { status, headers, body }, {});
    if (judged instanceof PlatformError) throw judged;
    return { body, headers, answeredAt: answeredAt(headers) };
  }

  /** One answer, of a call or of an item of a batch: itself, or the failure that it tells of. */
  private judged(
    credentials: GraphCredentials,
    intent: Intent,
    reply: GraphBatchReply,
    outerHeaders: GraphHeaders,
  ): GraphBatchReply | PlatformError {
    const { status: httpStatus, body } = reply;
    const isGood = httpStatus >= 200 && httpStatus < 300 && !isErrorEnvelope(body);
    if (isGood && typeof body === 'object' && body !== null) return reply;
    // The usage headers of a batch come with the whole answer, with its items, or with both.
    const headers = { ...outerHeaders, ...reply.headers };
    const adAccountId = credentials.adAccountId ?? null;
    const verdict = classifyGraphError({ httpStatus, body, headers, adAccountId });
    const kind = intent === 'write' && verdict.kind === 'transient' ? 'ambiguous' : verdict.kind;
    const secrets = [credentials.accessToken, credentials.appSecret];
    const words = userMessageOf(body);
    return new GraphError(
      { ...verdict, kind, message: withoutSecrets(verdict.message, secrets) },
      words === null ? null : withoutSecrets(words, secrets),
    );
  }
}

function answeredAt(headers: GraphHeaders): Date {
  const date = new Date(headers['date'] ?? '');
  return Number.isNaN(date.getTime()) ? new Date() : date;
}
