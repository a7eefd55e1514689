// A stream of counts in segments that grow with their age, so that a long one costs little.

/** A stretch of the stream; older stretches are merged into longer ones. */
export interface RateSegment {
  /** Unix milliseconds of its first observation. */
  since: number;
  clicks: number;
  impressions: number;
}

/** Two neighbours merge when together they are this small a part of what came after them. */
const MERGE_SHARE = 1 / 3;

/** `segments` with one more observation; logarithmic in the length of the stream. */
export function withObservation(
  segments: readonly RateSegment[],
  observation: RateSegment,
): RateSegment[] {
  // A click implies that it was shown, also where its impression was never reported.
  const impressions = Math.max(observation.impressions, observation.clicks);
  if (impressions <= 0) return [...segments];
  const merged: RateSegment[] = [{ ...observation, impressions }];
  let newer = 0;
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const segment = segments[index] as RateSegment;
    const last = merged.at(-1) as RateSegment;
    if (segment.impressions + last.impressions <= MERGE_SHARE * newer) {
      merged[merged.length - 1] = {
        since: segment.since,
        clicks: segment.clicks + last.clicks,
        impressions: segment.impressions + last.impressions,
      };
    } else {
      newer += last.impressions;
      merged.push(segment);
    }
  }
  return merged.reverse();
}
