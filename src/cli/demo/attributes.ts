// Which attributes of the ads make groups worth looking at.

/** More than three attributes at once is a search through accidents. */
const ATTRIBUTES_MAX = 3;
/** An attribute of as many values as ads is a name; texts are no groups either. */
const VALUES_MAX = 60;
const NAMES = new Set(['text', 'headline', 'title', 'body']);
/** Ads without the attribute fall into a group of their own, which must stay small. */
const CARRIED_MIN = 0.9;

export interface Described {
  creative: Readonly<Record<string, unknown>>;
}

/** Attributes that most ads carry, with several values and fewer than ads. */
export function attributeKeys(ads: readonly Described[]): string[] {
  const values = new Map<string, Set<string>>();
  const carriers = new Map<string, number>();
  for (const { creative } of ads) {
    for (const [key, value] of Object.entries(creative)) {
      if (NAMES.has(key) || value === null || typeof value === 'object') continue;
      values.set(key, (values.get(key) ?? new Set()).add(String(value)));
      carriers.set(key, (carriers.get(key) ?? 0) + 1);
    }
  }
  return [...values.keys()].sort().filter((key) => {
    const count = values.get(key)?.size ?? 0;
    const carried = (carriers.get(key) ?? 0) / ads.length;
    return count > 1 && count <= VALUES_MAX && count < ads.length && carried >= CARRIED_MIN;
  });
}

/** All sets of one to three of the keys. */
export function combinations(keys: readonly string[]): string[][] {
  const sets = keys.reduce<string[][]>(
    (found, key) =>
      found.concat(
        found.filter(({ length }) => length < ATTRIBUTES_MAX).map((set) => [...set, key]),
      ),
    [[]],
  );
  return sets.filter(({ length }) => length > 0);
}
