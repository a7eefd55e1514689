// The refusal of a decision that came too late.
import { DomainError } from '../../shared/errors.js';

export const STALE_DECISION = 'The decision is too old to be carried out: ';

export class StaleDecision extends DomainError {
  constructor(cause: string) {
    super(409, 'sampling.decision_stale', `${STALE_DECISION}${cause}.`);
  }
}
