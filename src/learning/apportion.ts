// Whole things divided into whole shares: clicks cannot be split and a cent must not be lost.

/** Steps of the golden ratio: deals equal remainders out evenly instead of all to the first. */
const GOLDEN = 0.6180339887498949;

/** Largest remainder: whole shares proportional to the weights, summing exactly to the amount. */
export function apportion(amount: number, weights: readonly number[]): number[] {
  if (weights.length === 1) return [amount];
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const exact = weights.map((weight) => (amount * weight) / sum);
  const shares = exact.map(Math.floor);
  let rest = amount - shares.reduce((total, share) => total + share, 0);
  // Remainders equal up to binary noise are equal, then the golden sequence decides.
  const order = exact
    .map((share, index) => ({
      index,
      remainder: Math.round((share - Math.floor(share)) * 1e6),
      turn: (index * GOLDEN) % 1,
    }))
    .sort((left, right) => right.remainder - left.remainder || left.turn - right.turn);
  for (const { index } of order) {
    if (rest <= 0) break;
    const unit = Math.min(1, rest);
    shares[index] = (shares[index] as number) + unit;
    rest -= unit;
  }
  return shares;
}
