// One request and one answer, for every client of an outside system: bounded in time and bytes, no
// redirects, and failures in words that quote neither addresses nor headers. Whether to repeat is
// the caller's.
import { PlatformError } from '../../shared/index.js';

/** A page of 500 rows is under 1 MB: more than this is not an answer to keep in memory. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** After a failed write nobody knows whether it landed; a failed read is simply repeated. */
export type Intent = 'read' | 'write';

interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

interface ExchangeOptions {
  /** Whose answer is missing, in messages: `Meta`. */
  service: string;
  timeoutsMs: Readonly<Record<Intent, number>>;
}

export class HttpExchange {
  constructor(private readonly options: ExchangeOptions) {}

  /** @throws PlatformError `transient` for a read, `ambiguous` for a write without an answer. */
  async send(intent: Intent, url: URL, init: RequestInit): Promise<HttpAnswer> {
    const timeoutMs = this.options.timeoutsMs[intent];
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      // A redirect could carry a token to another host.
      const response = await fetch(url, { ...init, redirect: 'error', signal });
      const text = await readText(response);
      if (text === null) throw this.unsettled(intent, `an answer above ${ANSWER_BYTES_MAX} bytes`);
      return { status: response.status, headers: Object.fromEntries(response.headers), text };
    } catch (failure) {
      if (failure instanceof PlatformError) throw failure;
      throw this.unsettled(intent, lossOf(failure, timeoutMs));
    }
  }

  /** An answer that does not settle the request. */
  unsettled(intent: Intent, what: string): PlatformError {
    const { service } = this.options;
    return intent === 'write'
      ? new PlatformError('ambiguous', `${service} may have taken the write, but sent ${what}`)
      : new PlatformError('transient', `${service} sent ${what}`);
  }
}

/** For messages of others, which may quote what they were sent. */
export function withoutSecrets(message: string, secrets: readonly (string | null)[]): string {
  return secrets
    .filter((secret) => secret !== null && secret !== '')
    .reduce<string>((text, secret) => text.replaceAll(secret ?? '', '[secret]'), message);
}

async function readText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > ANSWER_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The failure in words; its own message is left out because it may quote a header. */
function lossOf(failure: unknown, timeoutMs: number): string {
  const { name, cause } = (failure ?? {}) as { name?: unknown; cause?: unknown };
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const code = (cause as { code?: unknown } | null | undefined)?.code;
  return `no answer: the connection failed${typeof code === 'string' ? ` (${code})` : ''}`;
}
