// One detector per ad: ADWIN on standardised residuals for frequent clicks, a likelihood ratio on
// the counts for rare ones. A detector depends on order by nature, so it is fed in the order of
// time. The state is plain JSON.
import { newAdwin, observeValue, type AdwinState } from './adwin.js';
import { isRevocablyCertain, isLarge, likeliestChange, type RateChange } from './rate-change.js';
import { withObservation, type RateSegment } from './rate-segments.js';

export interface DriftState {
  adwin: AdwinState;
  segments: RateSegment[];
  /** Counts that do not fill an epoch yet. */
  pending: { clicks: number; impressions: number; expected: number };
  /** A suspicion was unfounded: none is raised before as many clicks. */
  quietUntilClicks?: number;
  /** Clicks seen since the last drift. */
  clicks: number;
}

export interface Epoch {
  /** When it was shown, Unix milliseconds. */
  at: number;
  clicks: number;
  impressions: number;
  /** Clicks that the belief of just before expected: impressions times its mean click rate. */
  expected: number;
}

export interface Drift {
  test: 'adwin' | 'likelihood_ratio';
  /** Beginning of the new regime as estimated, Unix milliseconds. */
  since: number;
  /** Click rates of the old and the new regime. */
  before: number;
  after: number;
  /** What share of the evidence from before `since` still counts. */
  keep: number;
}

/** Expected clicks that fill an epoch: with fewer a standardised count is far from normal. */
const EPOCH_EXPECTED = 5;
/**
 * Before as many clicks residuals say that the prior was wrong, and not that the ad has changed.
 */
const BURN_IN_CLICKS = 50;

export function newDriftState(): DriftState {
  return {
    adwin: newAdwin(),
    segments: [],
    pending: { clicks: 0, impressions: 0, expected: 0 },
    clicks: 0,
  };
}

/** The state after one more epoch, and the drift if this epoch proved one. */
export function observeEpoch(
  state: DriftState,
  { at, clicks, impressions, expected }: Epoch,
): { state: DriftState; drift: Drift | null } {
  const segments = withObservation(state.segments, { since: at, clicks, impressions });
  const pending = {
    clicks: state.pending.clicks + clicks,
    impressions: state.pending.impressions + Math.max(impressions, clicks),
    expected: state.pending.expected + expected,
  };
  const next: DriftState = { ...state, segments, pending, clicks: state.clicks + clicks };
  const isQuiet = next.clicks < (state.quietUntilClicks ?? 0);
  const change = isQuiet ? null : likeliestChange(segments);
  if (change && isRevocablyCertain(change) && isLarge(change)) {
    return drifted(next, change, 'likelihood_ratio');
  }
  if (pending.expected < EPOCH_EXPECTED) return { state: next, drift: null };
  next.pending = newDriftState().pending;
  if (state.clicks < BURN_IN_CLICKS) return { state: next, drift: null };
  const { state: adwin, cut } = observeValue(state.adwin, residual(pending));
  next.adwin = adwin;
  if (cut && change && isLarge(change)) return drifted(next, change, 'adwin');
  return { state: next, drift: null };
}

/**
 * How much evidence of before a change still says. A jump of δ = ln(after/before) leaves the log
 * rate with a variance of δ², which is what 1/δ² clicks are worth; more than that is not kept. (A
 * local level with a variance of its own, West & Harrison, "Bayesian Forecasting", section 2.)
 */
export function keepAfter(before: number, after: number, clicksBefore: number): number {
  // Half a click on either side: a rate of zero is a small one, not an infinite jump.
  const floor = 0.5 / Math.max(1, clicksBefore / Math.max(before, Number.MIN_VALUE));
  const jump = Math.log(Math.max(after, floor) / Math.max(before, floor));
  if (jump === 0 || clicksBefore === 0) return 1;
  return Math.min(1, 1 / (jump ** 2 * clicksBefore));
}

function drifted(
  state: DriftState,
  { since, before, after, clicksBefore, cut }: RateChange,
  test: Drift['test'],
): { state: DriftState; drift: Drift } {
  const segments = state.segments.slice(cut);
  return {
    state: {
      ...newDriftState(),
      segments,
      clicks: segments.reduce((total, segment) => total + segment.clicks, 0),
    },
    drift: { test, since, before, after, keep: keepAfter(before, after, clicksBefore) },
  };
}

/** z = (clicks − n·p) / sqrt(n·p·(1 − p)). */
function residual({ clicks, impressions, expected }: DriftState['pending']): number {
  const rate = Math.min(0.5, expected / Math.max(1, impressions));
  return (clicks - expected) / Math.sqrt(expected * (1 - rate));
}
