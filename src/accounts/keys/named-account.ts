import { DomainError } from '../../shared/errors.js';

const ID_CHARACTERS_MAX = 128;

/** `account_id` of a body or query, for callers who must (admin) or may (key) name it. */
export function namedAccount(input: unknown): string | undefined {
  const named = (input as { account_id?: unknown } | null | undefined)?.account_id;
  if (named === undefined || named === null) return undefined;
  if (typeof named === 'string' && named !== '' && isShort(named)) return named;
  const detail = 'must be a string of 1–128 characters';
  throw new DomainError(400, 'request.invalid', `account_id ${detail}.`, {
    errors: [{ pointer: '/account_id', detail }],
  });
}

/** In characters as people see them: one of four bytes is two units of the language. */
function isShort(id: string): boolean {
  return id.length <= 2 * ID_CHARACTERS_MAX && [...id].length <= ID_CHARACTERS_MAX;
}
