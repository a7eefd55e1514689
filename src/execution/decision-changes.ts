// From a decision to the changes that carry it out: only what moves, absolute values, a key that
// makes the same decision count once.
import type { DecisionToApply } from '../sampling/index.js';
import type { ChangeValues } from './changes/change-input.js';

export function decisionChanges(decision: DecisionToApply): ChangeValues[] {
  return decision.recommendations.flatMap((recommendation): ChangeValues[] => {
    const { adId, currentMinor, recommendedMinor, action, confidence, reason } = recommendation;
    const shared = {
      idempotencyKey: `decision:${decision.decisionId}:${adId}`,
      ...{ adId, reason, confidence, notBefore: null },
    };
    if (action === 'pause') {
      const wanted = {
        requestedMinor: null,
        requestedStatus: 'paused',
        currentMinor: null,
      } as const;
      return [{ ...shared, changeType: 'status', ...wanted, currentStatus: 'active' }];
    }
    if (currentMinor === recommendedMinor) return [];
    const wanted = { requestedMinor: recommendedMinor, currentMinor };
    return [
      { ...shared, changeType: 'budget', ...wanted, requestedStatus: null, currentStatus: null },
    ];
  });
}
