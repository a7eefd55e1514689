// Meta's own way of posting events: JSON or form, `data` as objects, as one JSON text or as a list
// of JSON texts (Meta's Python library encodes twice; `data[0]=…` is a list too). The token is in
// query or header, or in the body, where meta-token.ts finds it before anything is parsed.
import type { GuestRequest } from '../../shared/index.js';
import { testEventCodeOf } from './test-event-code.js';

export interface MetaRequest {
  data: unknown[] | null;
  testEventCode: string | null;
  accountId: string | undefined;
}

/** `parse` turns a JSON text into a value and throws for malformed ones. */
export function readMetaRequest(
  body: unknown,
  query: Record<string, unknown>,
  parse: (text: string) => unknown,
): MetaRequest {
  const fields = isRecord(body) ? body : {};
  const text = (name: string): string | null => nonEmpty(fields[name]) ?? nonEmpty(query[name]);
  return {
    data: eventList(
      fields['data'] ?? fields['data[]'] ?? numberedData(fields) ?? query['data'],
      parse,
    ),
    testEventCode: testEventCodeOf(text('test_event_code')),
    accountId: text('account_id') ?? undefined,
  };
}

/** A token that is known before the body is read. */
export function tokenOutside({ query, headers }: GuestRequest): string | null {
  const given = nonEmpty((query as Record<string, unknown>)['access_token']);
  const authorization = headers['authorization'];
  const header = typeof authorization === 'string' ? authorization : '';
  return given ?? /^(?:Bearer|OAuth) +(\S+)$/i.exec(header)?.[1] ?? null;
}

/** What an invalid event is told to an SDK: which one and why, in one sentence. */
export function refusalOf(rejected: { index: number; detail: string }[]): string {
  const shown = rejected
    .slice(0, 5)
    .map(({ index, detail }) => `data[${index}]: ${detail}`)
    .join('; ');
  return rejected.length > 5 ? `${shown} (and ${rejected.length - 5} more)` : shown;
}

/** The same of what was taken all the same, in the words of an answer's `messages`. */
export function warningSentences(warnings: { index: number; detail: string }[]): string[] {
  const shown = warnings.slice(0, 5).map(({ index, detail }) => `data[${index}]: ${detail}`);
  return warnings.length > 5 ? [...shown, `and ${warnings.length - 5} more`] : shown;
}

function eventList(given: unknown, parse: (text: string) => unknown): unknown[] | null {
  const value = typeof given === 'string' ? parse(given) : given;
  if (isRecord(value)) return [value];
  if (!Array.isArray(value)) return null;
  return value.flatMap((item: unknown): unknown[] => {
    const event = typeof item === 'string' ? parse(item) : item;
    return Array.isArray(event) ? event : [event];
  });
}

/** `data[0]=…&data[1]=…`, as many clients write a list into a form; in the order of the numbers. */
function numberedData(fields: Record<string, unknown>): unknown[] | null {
  const items = Object.entries(fields).flatMap(([name, value]) => {
    const number = NUMBERED_DATA.exec(name)?.[1];
    return number === undefined ? [] : [{ number: Number(number), value }];
  });
  if (items.length === 0) return null;
  return items.sort((a, b) => a.number - b.number).map(({ value }) => value);
}

const NUMBERED_DATA = /^data\[(\d{1,4})\]$/;

function nonEmpty(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
