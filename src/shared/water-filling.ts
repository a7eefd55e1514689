// The closed form for a divisible budget under log response curves. It stands in shared because two
// rooms need the same answer: sampling splits money by it, the sandbox's oracle is judged by it.

export interface WaterFillArm {
  /** Value of the first unit of money, value per money (m in the formula below). */
  worth: number;
  /** Money at which the marginal value has fallen to half (s), same unit as the total. */
  scale: number;
}

/**
 * Budgets b (in the order of `arms`) that maximise Σ worth·scale·ln(1 + b/scale) with Σ b = total.
 * The optimum equalises marginal values worth/(1 + b/scale) at a water level λ among the funded
 * arms (Boyd & Vandenberghe, Convex Optimization, example 5.2): b = scale·max(0, worth/λ − 1). With
 * the arms sorted by worth and the first k funded, λ_k = Σ scale·worth / (total + Σ scale); the
 * right k is the last one whose own worth still stands above its level. O(n log n).
 *
 * Worths or scales that are not positive finite numbers get nothing; when no arm is worth anything
 * every split is equally good and the even one is returned, so that the total still holds.
 */
export function waterFill(arms: readonly WaterFillArm[], total: number): number[] {
  const budgets = arms.map(() => 0);
  if (arms.length === 0 || !(total > 0)) return budgets;
  const funded = arms
    .map(({ worth, scale }, index) => ({ worth, scale, index }))
    .filter(({ worth, scale }) => isPositive(worth) && isPositive(scale))
    .sort((left, right) => right.worth - left.worth || left.index - right.index);
  if (funded.length === 0) return arms.map(() => total / arms.length);

  let scales = 0;
  let weighted = 0;
  let level = 0;
  let count = 0;
  for (const { worth, scale } of funded) {
    const next = (weighted + scale * worth) / (total + scales + scale);
    // Sorted by worth, the first arm below its own level is followed only by arms below theirs.
    if (next >= worth) break;
    scales += scale;
    weighted += scale * worth;
    level = next;
    count += 1;
  }
  // A total too small to be seen beside the scales: the best arm takes it.
  if (count === 0) count = 1;
  let given = 0;
  for (const { worth, scale, index } of funded.slice(0, count)) {
    const budget = level > 0 ? scale * (worth / level - 1) : 0;
    budgets[index] = budget;
    given += budget;
  }
  // Binary rounding leaves the sum off by a few ulps; the best arm, the last to feel it, takes
  // that.
  const best = funded[0]?.index ?? 0;
  budgets[best] = Math.max(0, (budgets[best] ?? 0) + total - given);
  return budgets;
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
