// From a decision to the changes that carry it out: only what moves, absolute values, a key that
// makes the same decision count once.
import type { DecisionToApply } from '../../sampling/index.js';
import type { ChangeValues } from './change-input.js';

export function decisionChanges(decision: DecisionToApply): ChangeValues[] {
  const changes = decision.recommendations.flatMap((recommendation): ChangeValues[] => {
    const { adId, currentMinor, recommendedMinor, action, confidence, reason } = recommendation;
    const shared = {
      idempotencyKey: `decision:${decision.decisionId}:${adId}`,
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
