// A creative in comparable words, and the patterns that it is an instance of. A pattern is a set of
// one to three normalised features, written as a key: "format=video&hook_type=question".

/** Features that mean the same in every account. Free text and audiences are an account's own. */
const PATTERN_FEATURES = ['cta_type', 'duration', 'format', 'hook_type'] as const;
/** Larger sets are too rare to have five accounts behind them. */
const FEATURES_PER_PATTERN_MAX = 3;
/** Longer values are text, not a type. */
const VALUE_CHARACTERS_MAX = 40;
/** Upper ends of the classes of length, seconds; longer ones are "long". */
const DURATIONS: readonly [number, string][] = [
  [6, 'up_to_6s'],
  [15, '7_to_15s'],
  [30, '16_to_30s'],
  [60, '31_to_60s'],
];

export type Features = Readonly<Record<string, string>>;

/** The comparable features of a creative as the API takes it, in the order of their names. */
export function featuresOf(creative: Readonly<Record<string, unknown>>): Features {
  const found: Record<string, string> = {};
  for (const name of PATTERN_FEATURES) {
    const value =
      name === 'duration'
        ? (durationClass(creative['duration_s']) ?? normalised(creative[name]))
        : normalised(creative[name]);
    if (value !== null) found[name] = value;
  }
  return found;
}

/** "Ask a Question!" and "ask-a-question" are one type. null = nothing to compare. */
export function normalised(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
  return text === '' || text.length > VALUE_CHARACTERS_MAX ? null : text;
}

/** Accounts of one trade under one name; null = the account named none. */
export function normalisedNiche(niche: string | null): string | null {
  return niche === null ? null : normalised(niche);
}

export function patternKey(features: Features): string {
  return Object.keys(features)
    .sort()
    .map((name) => `${name}=${features[name]}`)
    .join('&');
}

export function featuresOfKey(key: string): Features {
  if (key === '') return {};
  return Object.fromEntries(
    key.split('&').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}

/** Keys of every pattern that the features are an instance of, most general first. */
export function patternsOf(features: Features): string[] {
  const names = Object.keys(features).sort();
  const subsets: string[][] = [];
  for (let mask = 1; mask < 2 ** names.length; mask += 1) {
    const subset = names.filter((_, index) => (mask & (2 ** index)) !== 0);
    if (subset.length <= FEATURES_PER_PATTERN_MAX) subsets.push(subset);
  }
  return subsets
    .map((subset) =>
      patternKey(Object.fromEntries(subset.map((name) => [name, features[name] ?? '']))),
    )
    .sort((left, right) => sizeOf(left) - sizeOf(right) || (left < right ? -1 : 1));
}

/** Shared features over all features of the two (Jaccard); 0 when nothing is shared. */
export function similarity(left: Features, right: Features): number {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  const shared = [...names].filter(
    (name) => left[name] !== undefined && left[name] === right[name],
  ).length;
  return names.size === 0 ? 0 : shared / names.size;
}

export function sizeOf(key: string): number {
  return key === '' ? 0 : key.split('&').length;
}

function durationClass(seconds: unknown): string | null {
  if (typeof seconds !== 'number' || !(seconds > 0)) return null;
  return DURATIONS.find(([upTo]) => seconds <= upTo)?.[1] ?? 'long';
}
