// The form of a Graph batch and of its answer. Items carry no names and no dependencies: with them
// a null would no longer mean only one thing, that nobody knows what became of the item.
import { isRecord, parseJson, type GraphHeaders } from './graph-usage.js';

/** Above this many items Meta refuses the whole call. */
export const BATCH_ITEMS_MAX = 50;

export type Fields = Readonly<Record<string, string | number>>;

export interface GraphBatchItem {
  method: 'GET' | 'POST';
  /** Path and query without the version, which the outer call names. */
  relativeUrl: string;
  /** Form-encoded, every value percent-encoded; of a POST only. */
  body?: string;
}

export interface GraphBatchReply {
  status: number;
  headers: GraphHeaders;
  body: unknown;
}

/** Percent-encoded form: "A & B = 50% off" stays one value. */
export function formEncode(fields: Fields): string {
  const entries = Object.entries(fields).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  // The form's "+" for a blank is no percent-encoding, and the bodies inside a batch need that.
  return new URLSearchParams(entries).toString().replaceAll('+', '%20');
}

/** @throws RangeError for more items than Meta takes: splitting is the caller's. */
export function batchText(items: readonly GraphBatchItem[]): string {
  if (items.length > BATCH_ITEMS_MAX) {
    throw new RangeError(`a batch of ${items.length} items is above ${BATCH_ITEMS_MAX}`);
  }
  return JSON.stringify(
    items.map(({ method, relativeUrl, body }) => ({ method, relative_url: relativeUrl, body })),
  );
}

/**
 * One reply per item in their order. null = no answer to this item: it timed out inside, it is not
 * there, or it cannot be read, and a write of it may have landed all the same.
 */
export function readBatchReplies(body: unknown, items: number): (GraphBatchReply | null)[] {
  const replies: unknown[] = Array.isArray(body) ? body : [];
  return Array.from({ length: items }, (_, index) => readReply(replies[index]));
}

function readReply(reply: unknown): GraphBatchReply | null {
  if (!isRecord(reply)) return null;
  const { code, body } = reply;
  if (typeof code !== 'number') return null;
  return {
    status: code,
    headers: readHeaders(reply['headers']),
    body: typeof body === 'string' ? parseJson(body) : body,
  };
}

/** A list of {name, value}; the documentation shows "Name: value" too. */
function readHeaders(headers: unknown): GraphHeaders {
  if (!Array.isArray(headers)) return {};
  const pairs = headers.flatMap((header: unknown): [string, string][] => {
    if (isRecord(header) && typeof header['name'] === 'string') {
      return [[header['name'].toLowerCase(), String(header['value'])]];
    }
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(String(header)) ?? [];
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value]];
  });
  return Object.fromEntries(pairs);
}
