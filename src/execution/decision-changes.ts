// From a decision to the changes that carry it out: only what moves, absolute values, a key that
// makes the same decision count once. Reductions come first, since they pay for the increases.
import type { DecisionToApply } from '../sampling/index.js';
import type { ChangeValues } from './changes/change-input.js';

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
  return [...changes.filter(isReduction), ...changes.filter((change) => !isReduction(change))];
}

/** What the decision adds to the sum of the budgets; 0 when it only moves or saves money. */
export function grantedMinor({ recommendations }: DecisionToApply): number {
  const added = recommendations.reduce(
    (sum, { currentMinor, recommendedMinor }) => sum + recommendedMinor - (currentMinor ?? 0),
    0,
  );
  return Math.max(0, added);
}

function isReduction({ changeType, requestedMinor, currentMinor }: ChangeValues): boolean {
  return changeType === 'status' || (requestedMinor ?? 0) < (currentMinor ?? 0);
}
