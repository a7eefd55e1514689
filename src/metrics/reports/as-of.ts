import { DomainError } from '../../shared/errors.js';

/** `as_of` from the body, else the query; anything but text is 400. */
export function asOfFrom(...inputs: unknown[]): string | undefined {
  for (const input of inputs) {
    const asOf = (input as { as_of?: unknown } | null | undefined)?.as_of;
    if (asOf === undefined || asOf === null) continue;
    if (typeof asOf === 'string') return asOf;
    throw new DomainError(400, 'request.as_of', 'as_of must be an ISO 8601 time with zone.', {
      errors: [{ pointer: '/as_of', detail: 'must be an ISO 8601 time with zone' }],
    });
  }
  return undefined;
}
