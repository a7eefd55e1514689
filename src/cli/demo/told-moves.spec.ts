import { describe, expect, it } from '@jest/globals';
import type { Cell } from './levels.js';
import type { DecisionAnswer, RecommendationAnswer } from '../../sampling/pure.js';
import { MOVES_MAX, worthTelling } from './told-moves.js';

function recommendation(id: string, fields: Partial<RecommendationAnswer>): RecommendationAnswer {
  return {
    ad_id: id,
    campaign_id: 'c',
    current_budget: 100,
    recommended_budget: 120,
    change_pct: 20,
    probability_best: 0.5,
    propensity: 0.5,
    confidence: 0.9,
    action: 'scale',
    reason: 'because',
    explores: false,
    marginal_value: { mean: 2, lo: 1, hi: 3 },
    expected_gain: { mean: 5, lo: 1, hi: 9 },
    score: {},
    ...fields,
  };
}

const answer = (recommendations: RecommendationAnswer[]) => ({ recommendations }) as DecisionAnswer;
const cell = (id: string, enough = true): Cell => ({
  id,
  label: `cell ${id}`,
  adIds: [],
  spendMinor: 1,
  enough,
});

describe('worthTelling', () => {
  it('tells the largest gains first, ten at most', () => {
    const ids = Array.from({ length: 15 }, (_, index) => `c${index}`);
    const moves = worthTelling(
      answer(
        ids.map((id, at) => recommendation(id, { expected_gain: { mean: at, lo: 0.1, hi: 20 } })),
      ),
      ids.map((id) => cell(id)),
      new Map(),
    );
    expect(moves.map(({ gain }) => gain.mean)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
    expect(moves).toHaveLength(MOVES_MAX);
  });

  it('tells none that may bring nothing, rests on little, or moves nothing', () => {
    const moves = worthTelling(
      answer([
        recommendation('nothing', { expected_gain: { mean: 3, lo: 0, hi: 5 } }),
        recommendation('loss', { expected_gain: { mean: 3, lo: -1, hi: 5 } }),
        recommendation('little', {}),
        recommendation('held', { action: 'hold' }),
        recommendation('elsewhere', {}),
      ]),
      [cell('nothing'), cell('loss'), cell('little', false), cell('held')],
      new Map(),
    );
    expect(moves).toEqual([]);
  });

  it('measures from the split of the spend where no budget is known', () => {
    const [move] = worthTelling(
      answer([recommendation('a', { current_budget: null, recommended_budget: 30 })]),
      [cell('a')],
      new Map([['a', 12.5]]),
    );
    expect(move).toMatchObject({ label: 'cell a', from: 12.5, to: 30 });
  });
});
