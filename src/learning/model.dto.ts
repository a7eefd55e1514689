// What people see of learning: queries and examples of the model's two pages.
import { Type, type Static } from '../shared/index.js';

export const ModelQuery = Type.Object({
  account_id: Type.Optional(Type.String({ description: 'Admin callers name the account.' })),
  as_of: Type.Optional(Type.String({ description: "The caller's clock; default now." })),
});
export type ModelQuery = Static<typeof ModelQuery>;

const COUPLING = { beta: -0.4, lo: -0.9, hi: 0.1, ads: 41 };

export const MODEL_EXAMPLE = {
  account_id: 'acme',
  as_of: '2026-11-22T08:00:00.000Z',
  weights: [{ feature: 'device=mobile', weight: 0.31, updated_at: '2026-11-22T07:59:12.000Z' }],
  weights_total: 214,
  bias: -3.7,
  events_seen: 48_210,
  learning_rate: 0.1,
  calibration: {
    ...{ clicks: 21_000, conversions: 512, ratio: 1.04 },
    ...{ log_loss: 0.109, base_rate_log_loss: 0.115 },
    bins: [{ up_to: 0.03, clicks: 14_200, predicted: 0.019, observed: 0.018 }],
  },
  features: { dropped: 0, clipped: 2 },
  drift: [
    { detected_at: '2026-11-20T03:00:00.000Z', scope: 'ad:ad-7:ctr', before: 0.04, after: 0.02 },
  ],
  drifts_found: { ctr: 1, cvr: 0 },
  delay: [{ lag_hours: 6, cdf: 0.21, lo: 0.17, hi: 0.26 }],
  delay_prior: {
    ...{ source: 'niche', accounts: 10, median_hours: 32.5, sigma: 1, weight_conversions: 20 },
    note: 'Learned from 10 or more accounts, none above a quarter of the weight.',
  },
  coupling: {
    ...COUPLING,
    by_campaign: [{ campaign_id: '23842000000000900', ...COUPLING }],
    prior: {
      ...{ beta: 0, source: 'global', accounts: 0 },
      note: 'Fewer than 5 accounts share enough: documented defaults serve.',
    },
  },
};

const INTERVAL = { mean: 0.021, lo: 0.017, hi: 0.026 };
const BELIEF = { ctr: INTERVAL, cvr: INTERVAL, value_per_conversion: INTERVAL };

export const LESSON_EXAMPLE = {
  ...{ event_id: 'order-311', ad_id: '23842000000000001', type: 'conversion' },
  ...{ occurred_at: '2026-11-22T08:00:00.000Z', learned_at: '2026-11-22T08:00:01.000Z' },
  ...{ prediction: 0.019, loss: 3.96 },
  belief: { before: BELIEF, after: { ...BELIEF, cvr: { ...INTERVAL, mean: 0.0217 } } },
  weights: [{ feature: 'device=mobile', before: 0.29, after: 0.31 }],
};
