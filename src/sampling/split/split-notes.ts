// What is said of a split as a whole: why money stays over, what it explores, what limits cost.
import type { Expected } from './allocation-types.js';
import type { Bounds, Limit } from './constraints.js';
import { percent } from './plain-numbers.js';

/** Why money stays over, or is missing, when the limits forbid the total. */
export function unallocatedReason(restMinor: number, bounds: readonly Bounds[]): string {
  const limits = new Set(bounds.map(({ loBy, hiBy }) => (restMinor > 0 ? hiBy : loBy)));
  const names: Record<Limit, string> = {
    floor: 'floor',
    ceiling: 'ceiling',
    step: 'step limit',
    velocity: 'limit on moves within a week',
    learning: 'learning phase',
    paused: 'pause',
    rule: 'rule of the policy',
    locked: 'lock',
    unsure: 'confidence floor',
  };
  const binding = (Object.keys(names) as Limit[]).filter((limit) => limits.has(limit));
  const list = binding.map((limit) => names[limit]).join(', ');
  return restMinor > 0
    ? `Every ad stands at the most it may get (${list}); the rest of the total is not given out.`
    : `Every ad stands at the least it may get (${list}); their sum is above the total.`;
}

export function notesOn(expected: Expected, limited: boolean): string[] {
  const { sameMoneyMinorPerDay: before, proposedMinorPerDay: after, pBetter } = expected;
  const notes: string[] = [];
  if (before !== null && losesTo(expected) && pBetter !== null) {
    notes.push(
      `This split is expected to earn ${percent(1 - after / before)} less than the current one at ` +
        `equal money (better in ${percent(pBetter)} of the draws): it explores.`,
    );
  }
  const cost = expected.uncappedMinorPerDay - after;
  if (limited && cost > 0) {
    notes.push(
      `Floors, ceilings and step limits cost ${percent(cost / expected.uncappedMinorPerDay)} of ` +
        'the value expected without them.',
    );
  }
  return notes;
}

/** Whether the proposed split is expected to earn less than the current one at equal money. */
export function losesTo({ sameMoneyMinorPerDay, proposedMinorPerDay }: Expected): boolean {
  return (
    sameMoneyMinorPerDay !== null &&
    proposedMinorPerDay < sameMoneyMinorPerDay - 1e-12 * sameMoneyMinorPerDay
  );
}
