// The policy a caller names, or the refusal that lists those there are.
import { DomainError } from '../../shared/errors.js';
import { POLICIES, policyNamed } from './policies.js';
import type { Policy } from '../split/policy.js';

/** The default when none is named. @throws DomainError 400 `sampling.unknown_policy`. */
export function requestedPolicy(name: string = POLICIES[0]?.name ?? ''): Policy {
  const found = policyNamed(name);
  if (found) return found;
  const names = POLICIES.map((policy) => policy.name).join(', ');
  throw new DomainError(400, 'sampling.unknown_policy', `There is no policy "${name}".`, {
    errors: [{ pointer: '/policy', detail: `must be one of ${names}` }],
  });
}
