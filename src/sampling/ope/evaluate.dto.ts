import { Instant, OneOf, Type, type Static } from '../../shared/index.js';

export const EvaluateBody = Type.Object({
  account_id: Type.Optional(Type.String({ description: 'Admin callers name the account.' })),
  policy: Type.String({ description: 'The policy to put in the place of what was done.' }),
  from: Instant('Decisions as of this instant on.'),
  to: Instant('And before this one.'),
  over: Type.Unsafe<'content' | 'budgets'>({
    ...OneOf(
      ['content', 'budgets'] as const,
      'content: logged choices by their probabilities; budgets: a replay by the model.',
    ),
    default: 'content',
  }),
});
export type EvaluateBody = Static<typeof EvaluateBody>;

export const EVALUATE_EXAMPLE = {
  policy: 'greedy',
  from: '2026-11-01T00:00:00Z',
  to: '2026-11-22T00:00:00Z',
  over: 'budgets',
};

export const EVALUATION_EXAMPLE = {
  ...EVALUATE_EXAMPLE,
  method: 'model_replay',
  assumptions: ['Values are expectations of the model that made the decisions, not outcomes…'],
  ...{ ips: null, snips: null, dr: null, ess: null },
  ...{ decisions: 21, decisions_left_out: 0, decisions_refused: 0 },
  days: [{ day: '2026-11-01', decisions: 1, recorded: 1583.9, candidate: 1571.2 }],
  recorded: { estimate: 1560.1, lo: 1490.2, hi: 1630 },
  candidate: { estimate: 1549.8, lo: 1480.5, hi: 1619.1 },
  difference: { estimate: -10.3, lo: -14.1, hi: -6.5 },
  lift: -0.0066,
  verdict: 'worse',
};
