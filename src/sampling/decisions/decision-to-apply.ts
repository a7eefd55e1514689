// A decision as execution takes it: its moves in minor units.
import { toMinor } from '../../shared/money.js';
import type { RecommendationAnswer } from './decision-answer.js';

/** What execution needs to know of a decision that is to be carried out. */
export interface DecisionToApply {
  accountId: string;
  decisionId: string;
  /** The instant it was made for, on the account's own clock. */
  asOf: Date;
  requestedBy: string;
  /** Its changes wait for a person. */
  needsApproval: boolean;
  recommendations: {
    adId: string;
    currentMinor: number | null;
    recommendedMinor: number;
    action: 'scale' | 'hold' | 'reduce' | 'pause';
    confidence: number | null;
    reason: string;
  }[];
}

/** As stored. */
export type Move = Pick<
  RecommendationAnswer,
  'ad_id' | 'current_budget' | 'recommended_budget' | 'action' | 'confidence' | 'reason'
>;

export function movesInMinor(
  moves: readonly Move[],
  currency: string,
): DecisionToApply['recommendations'] {
  return moves.map((item) => ({
    adId: item.ad_id,
    currentMinor: item.current_budget === null ? null : toMinor(item.current_budget, currency),
    recommendedMinor: toMinor(item.recommended_budget, currency),
    action: item.action,
    confidence: item.confidence,
    reason: item.reason,
  }));
}
