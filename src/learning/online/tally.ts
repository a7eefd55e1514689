// How good the online model's predictions were: each click is predicted before it is learned, so
// these are honest out-of-sample figures. Counts are kept by the height of the prediction.

/** Upper ends of the bins, even on the log scale: conversion rates live between 0.1 % and 30 %. */
const BIN_ENDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1] as const;

interface TallyBin {
  clicks: number;
  predicted: number;
  conversions: number;
}

export interface Tally {
  clicks: number;
  conversions: number;
  /** Sum of log-losses; a click counts as unconverted until its conversion comes. */
  loss: number;
  /** Clicks learned without an id, less the conversions without a known click that they sent. */
  openClicks: number;
  featuresDropped: number;
  featuresClipped: number;
  bins: TallyBin[];
}

export function emptyTally(): Tally {
  return {
    clicks: 0,
    conversions: 0,
    loss: 0,
    openClicks: 0,
    featuresDropped: 0,
    featuresClipped: 0,
    bins: BIN_ENDS.map(() => ({ clicks: 0, predicted: 0, conversions: 0 })),
  };
}

/** `times` clicks predicted at p, not converted so far. */
export function tallyClicks(tally: Tally, p: number, times: number): void {
  const bin = binOf(tally, p);
  bin.clicks += times;
  bin.predicted += times * p;
  tally.clicks += times;
  tally.loss -= times * Math.log1p(-p);
}

/** `times` of the clicks predicted at p converted after all. */
export function tallyConversions(tally: Tally, p: number, times: number): void {
  binOf(tally, p).conversions += times;
  tally.conversions += times;
  tally.loss += times * (Math.log1p(-p) - Math.log(p));
}

export interface Calibration {
  clicks: number;
  conversions: number;
  /** Conversions predicted over conversions seen; null before the first. */
  ratio: number | null;
  /** Mean log-loss, and that of the best constant in hindsight; null without clicks. */
  log_loss: number | null;
  base_rate_log_loss: number | null;
  bins: { up_to: number; clicks: number; predicted: number; observed: number }[];
}

export function calibrationOf({ clicks, conversions, loss, bins }: Tally): Calibration {
  const predicted = bins.reduce((sum, bin) => sum + bin.predicted, 0);
  const rate = clicks > 0 ? conversions / clicks : 0;
  const entropy = [rate, 1 - rate].reduce((sum, q) => (q > 0 ? sum - q * Math.log(q) : sum), 0);
  return {
    clicks,
    conversions,
    ratio: conversions > 0 ? predicted / conversions : null,
    log_loss: clicks > 0 ? loss / clicks : null,
    base_rate_log_loss: clicks > 0 ? entropy : null,
    bins: bins.flatMap((bin, index) =>
      bin.clicks === 0
        ? []
        : [
            {
              up_to: BIN_ENDS[index] ?? 1,
              clicks: bin.clicks,
              predicted: bin.predicted / bin.clicks,
              observed: bin.conversions / bin.clicks,
            },
          ],
    ),
  };
}

function binOf(tally: Tally, p: number): TallyBin {
  const index = BIN_ENDS.findIndex((end) => p <= end);
  return tally.bins[index] as TallyBin;
}
