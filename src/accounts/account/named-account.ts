import { invalidInput } from '../../shared/index.js';

/** `account_id` of a body or query, for callers who must (admin) or may (key) name it. */
export function namedAccount(input: unknown): string | undefined {
  const named = (input as { account_id?: unknown } | null | undefined)?.account_id;
  if (named === undefined || named === null) return undefined;
  if (typeof named === 'string' && named.length >= 1 && named.length <= 128) return named;
  throw invalidInput([{ pointer: '/account_id', detail: 'must be a string of 1–128 characters' }]);
}
