// A fixed rule's order to scale an ad, made into its least budget. The shares alone would not carry
// it out: when limits keep the sum above the total all are scaled down together, the ordered one
// too.
import type { Bounds } from './constraints.js';

/** `leastMinor` per ad: what the rule wants for it at the least; null = no order. */
export interface Order {
  currentMinor: number | null;
  leastMinor: number | null;
}

/**
 * The bounds with the orders as lower ends: in full where the total has room for all of them, else
 * a minor unit above the current budget, and unchanged where not even that can be paid.
 */
export function raisedBounds(
  bounds: readonly Bounds[],
  orders: readonly Order[],
  totalMinor: number,
): Bounds[] {
  const inFull = raised(bounds, (i) => orders[i]!.leastMinor);
  if (lowest(inFull) <= totalMinor) return inFull;
  const byOne = raised(bounds, (i) =>
    orders[i]!.leastMinor === null ? null : (orders[i]!.currentMinor ?? 0) + 1,
  );
  return lowest(byOne) <= totalMinor ? byOne : [...bounds];
}

function raised(bounds: readonly Bounds[], least: (index: number) => number | null): Bounds[] {
  return bounds.map((bound, i) => {
    const wanted = Math.min(bound.hi, least(i) ?? 0);
    return wanted > bound.lo ? { ...bound, lo: wanted, loBy: 'rule' } : bound;
  });
}

function lowest(bounds: readonly Bounds[]): number {
  return bounds.reduce((sum, { lo }) => sum + lo, 0);
}
