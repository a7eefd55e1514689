// Items of a batch that name one another: a dependant runs after its item and reads from its
// answer; an item that another one refers to comes back null unless it asks not to; if it fails,
// its dependants are not run. Our client uses none of this: that is what makes its nulls mean one
// thing.
import type { GraphReply } from './fake-graph-errors.js';

export interface NamedItem {
  name?: string;
  depends_on?: string;
  omit_response_on_success?: boolean;
  relative_url?: string;
  body?: string;
}

const REFERENCE = /\{result=([\w-]+):\$\.([\w.]+)\}/g;

/** The names of the items that this one waits for. */
export function dependenciesOf({ depends_on, relative_url, body }: NamedItem): string[] {
  const text = `${relative_url ?? ''} ${decodeURIComponent(body ?? '')}`;
  const named = [...text.matchAll(REFERENCE)].map(([, name]) => name ?? '');
  return [...(depends_on === undefined ? [] : depends_on.split(',')), ...named];
}

/** The item with what it takes from the answers before it written in. */
export function resolved<T extends NamedItem>(item: T, answers: Map<string, GraphReply>): T {
  const fill = (text: string | undefined) =>
    text &&
    decodeURIComponent(text).replace(REFERENCE, (_, name: string, path: string) => {
      const body = answers.get(name)?.body;
      const value = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], body);
      return encodeURIComponent(String(value ?? ''));
    });
  const [relative_url, body] = [fill(item.relative_url), fill(item.body)];
  return { ...item, ...(relative_url ? { relative_url } : {}), ...(body ? { body } : {}) };
}

/** What the caller sees of an item that succeeded. */
export function isOmitted(item: NamedItem, all: readonly NamedItem[]): boolean {
  const { name, omit_response_on_success: omit = true } = item;
  if (name === undefined || !omit) return false;
  return all.some((other) => dependenciesOf(other).includes(name));
}
