// Features by the hashing trick (Weinberger et al. 2009): every name=value falls into one of a
// fixed number of slots, so ten thousand distinct values cost no more than a full table. What
// cannot be used is left out or cut to size, and counted.
import type { EventFeatures } from '../../metrics/index.js';

export interface Feature {
  /** As people read it: `device=mobile`, `hour`. */
  name: string;
  slot: number;
  x: number;
}

export interface ReadFeatures {
  features: Feature[];
  /** Left out: not a number (NaN, infinity), or beyond the number of features of one event. */
  dropped: number;
  /** Cut to size: absurdly large numbers, overlong names and texts. */
  clipped: number;
}

/** The intercept has a slot of its own; callers' features and ads share theirs among themselves. */
export const BIAS_SLOT = 0;
const FEATURE_SLOTS = 8192;
const AD_SLOTS = 8192;
/** Enough to describe a click; a caller that sends a document per click learns nothing from it. */
const FEATURES_MAX = 64;
const TEXT_MAX = 200;
/** |x| = log(1 + |v|)/7: near 1 for hundreds to thousands, at most 3 (a billion). */
const LOG_UNIT = 7;
const MAGNITUDE_MAX = 1e9;
const NOT_NUMBERS: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);

/** The intercept, the ad itself and what the caller told, in a fixed order. */
export function readFeatures(adId: string, given: EventFeatures | null): ReadFeatures {
  const result: ReadFeatures = {
    features: [
      { name: 'bias', slot: BIAS_SLOT, x: 1 },
      { name: `ad_id=${adId}`, slot: 1 + FEATURE_SLOTS + (hashOf(adId) % AD_SLOTS), x: 1 },
    ],
    dropped: 0,
    clipped: 0,
  };
  const taken = new Map<number, Feature>();
  for (const name of Object.keys(given ?? {}).sort()) {
    const feature = readFeature(name, given?.[name] ?? null, result);
    if (!feature || taken.size >= FEATURES_MAX) result.dropped += 1;
    else if (!taken.has(feature.slot)) taken.set(feature.slot, feature);
  }
  result.features.push(...taken.values());
  return result;
}

function readFeature(
  name: string,
  value: number | string | null,
  report: ReadFeatures,
): Feature | null {
  const short = cut(name, report);
  // Languages write numbers that JSON cannot carry as such texts; they are no category.
  if (NOT_NUMBERS.has(value)) return null;
  if (typeof value === 'string') {
    const label = `${short}=${cut(value, report)}`;
    return { name: label, slot: slotOf(label), x: 1 };
  }
  if (value === null || !Number.isFinite(value)) return null;
  const size = Math.min(MAGNITUDE_MAX, Math.abs(value));
  if (size < Math.abs(value)) report.clipped += 1;
  return { name: short, slot: slotOf(short), x: (Math.sign(value) * Math.log1p(size)) / LOG_UNIT };
}

function cut(text: string, report: ReadFeatures): string {
  if (text.length <= TEXT_MAX) return text;
  report.clipped += 1;
  return text.slice(0, TEXT_MAX);
}

function slotOf(label: string): number {
  return 1 + (hashOf(label) % FEATURE_SLOTS);
}

/** FNV-1a over UTF-16 units with MurmurHash3's finaliser, which spreads the low bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
