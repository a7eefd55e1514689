// From a decision to the changes that carry it out: only what moves, absolute values, a key that
// makes the same decision count once.
import { createHash } from 'node:crypto';
import type { DecisionToApply } from '../../sampling/index.js';
import type { ChangeValues } from './change-input.js';

export function decisionChanges(decision: DecisionToApply): ChangeValues[] {
  const changes = decision.recommendations.flatMap((recommendation): ChangeValues[] => {
    const { adId, currentMinor, recommendedMinor, action, confidence, reason } = recommendation;
    const shared = {
      idempotencyKey: keyOf(decision.decisionId, adId),
      ...{ adId, reason, confidence, notBefore: null },
    };
    if (action === 'pause') {
      const wanted = {
        requestedMinor: null,
        requestedStatus: 'paused',
        // What the pause sets free: raises of the same decision are paid from it.
        currentMinor,
      } as const;
      return [{ ...shared, changeType: 'status', ...wanted, currentStatus: 'active' }];
    }
    if (currentMinor === recommendedMinor) return [];
    const wanted = { requestedMinor: recommendedMinor, currentMinor };
    return [
      { ...shared, changeType: 'budget', ...wanted, requestedStatus: null, currentStatus: null },
    ];
  });
  // Cuts stand first in the queue, because raises wait for their money.
  const grows = ({ requestedMinor, currentMinor }: ChangeValues) =>
    (requestedMinor ?? 0) > (currentMinor ?? 0);
  return [...changes.filter((change) => !grows(change)), ...changes.filter(grows)];
}

/** What the queue takes for a key (contract, section 6). */
const KEY_LENGTH_MAX = 128;

/** The ad's id as it is where it fits, so that a decision queued by an earlier release is known. */
function keyOf(decisionId: string, adId: string): string {
  const key = `decision:${decisionId}:${adId}`;
  if ([...key].length <= KEY_LENGTH_MAX) return key;
  return `decision:${decisionId}:sha256:${createHash('sha256').update(adId).digest('hex')}`;
}
