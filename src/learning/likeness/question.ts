// What is asked of a costly look-up, in a form that can be compared: everything that decides the
// answer stands in it, so that equal questions have equal answers and different ones cannot be
// confused.
import { createHash } from 'node:crypto';

export type Fact =
  string | number | boolean | null | readonly Fact[] | { readonly [name: string]: Fact };

export interface Question {
  /** Which look-up: figures are kept per kind. */
  kind: string;
  /** Whose: what one account may see another may not. Invalidation goes by it. */
  scope: string;
  /** Raised when the same question gets another answer: model, pattern and sharing versions. */
  version: string;
  locale?: string;
  /** All that must be equal for any hit. */
  facts: { readonly [name: string]: Fact };
  /** What may differ in its wording; without it a question has exact hits only. */
  text?: string;
}

export interface QuestionKeys {
  /** The same for every order of keys, spelling of spaces and letter case. */
  exact: string;
  /** Questions of one group differ in their wording alone: only these are compared by meaning. */
  group: string;
}

export function keysOf({ kind, scope, version, locale = '', facts, text }: Question): QuestionKeys {
  const group = digest([kind, scope, version, locale, facts]);
  return { group, exact: digest([group, text === undefined ? null : normalized(text)]) };
}

export function normalized(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

function digest(value: Fact): string {
  return createHash('sha256').update(canonical(value)).digest('base64url').slice(0, 32);
}

function canonical(value: Fact): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Fact) => canonical(item)).join(',')}]`;
  const entries = Object.entries(value as { [name: string]: Fact })
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`);
  return `{${entries.join(',')}}`;
}
