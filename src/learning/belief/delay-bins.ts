// Delays from click to conversion in bins as wide as a click cohort.

/** The width of a lag bin, that of a click cohort. */
export const LAG_BIN_HOURS = 6;

/** A conversion that has arrived, or several alike. */
export interface DelayObservation {
  /** From the click to the conversion. */
  delayHours: number;
  /** From the click to now, at least the delay. */
  ageHours: number;
  /** Default 1. */
  count?: number;
}

/**
 * The bin of the delay and the number of bins that its click was old enough to show: `bin < ripe`.
 */
export function binsOf({ delayHours, ageHours }: DelayObservation, count: number) {
  const bin = Math.max(0, Math.ceil(delayHours / LAG_BIN_HOURS) - 1);
  return { bin, ripe: Math.min(count, Math.floor(ageHours / LAG_BIN_HOURS)) };
}

export function lagBins(windowDays: number): number[] {
  const count = Math.max(1, Math.round((windowDays * 24) / LAG_BIN_HOURS));
  return Array.from({ length: count }, (_, index) => (index + 1) * LAG_BIN_HOURS);
}
