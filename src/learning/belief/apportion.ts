// Whole things divided into whole shares: clicks cannot be split and a cent must not be lost.

/** Steps of the golden ratio: deals equal remainders out evenly instead of all to the first. */
const GOLDEN = 0.6180339887498949;

/** Largest remainder: whole shares proportional to the weights, summing exactly to the amount. */
export function apportion(amount: number, weights: readonly number[]): number[] {
  if (weights.length === 1) return [amount];
  let sum = 0;
  for (const weight of weights) sum += weight;
  const shares = weights.map((weight) => Math.floor((amount * weight) / sum));
  let rest = amount;
  for (const share of shares) rest -= share;
  // Most amounts of a quiet ad are nothing, or divide evenly.
  if (rest <= 0) return shares;
  for (const index of servingOrder(amount, weights, sum)) {
    if (rest <= 0) break;
    const unit = Math.min(1, rest);
    shares[index] = (shares[index] as number) + unit;
    rest -= unit;
  }
  return shares;
}

/** The largest remainder first; remainders equal up to binary noise by the golden sequence. */
function servingOrder(amount: number, weights: readonly number[], sum: number): readonly number[] {
  const golden = goldenOrder(weights.length);
  // The parts of a whole day are equal, and so are their remainders: nothing is to be sorted.
  if (weights.every((weight) => weight === weights[0])) return golden;
  const remainders = weights.map((weight) => {
    const share = (amount * weight) / sum;
    return Math.round((share - Math.floor(share)) * 1e6);
  });
  return golden.toSorted(
    (left, right) => (remainders[right] as number) - (remainders[left] as number),
  );
}

const goldenOrders = new Map<number, readonly number[]>();

/** Indices by their turn in the golden sequence. */
function goldenOrder(count: number): readonly number[] {
  const known = goldenOrders.get(count);
  if (known) return known;
  const turn = (index: number) => (index * GOLDEN) % 1;
  const order = Array.from({ length: count }, (_, index) => index).sort(
    (left, right) => turn(left) - turn(right),
  );
  goldenOrders.set(count, order);
  return order;
}
