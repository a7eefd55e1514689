// Finds the events that make Meta refuse a batch. Meta names no culprit, so sets are sent until the
// refused ones have one member. Only left halves are sent: when the left one is taken, the culprit
// is in the right one; when it is refused, nothing is known of the right one and it waits in the
// pool. A culprit costs ceil(log2 n) + 1 calls at most (binary splitting), but where culprits are
// many, a large pool is refused for certain: from the second on, sets of the size in which one
// culprit is to be expected are sent instead (generalized binary splitting, F. K. Hwang 1972, with
// an estimate for the number of culprits, which nobody knows here).

export interface Culprit<T> {
  event: T;
  /** The refusal that can only be about this event. */
  refusal: string;
}

/** `accepted`, or the refusal in Meta's words. */
export type SetAnswer = { accepted: true } | { accepted: false; refusal: string };

/**
 * Culprits may stand side by side and mislead the estimate: never less than this part of the pool.
 */
const POOL_PART_MIN = 1 / 12;

export class Isolation<T> {
  /** Holds at least one culprit. */
  private suspects: T[];
  /** Nothing is known of these. */
  private pool: T[] = [];
  private refusal: string;
  private asked: T[] = [];
  private taken = 0;
  private found = 0;

  constructor(refused: T[], refusal: string) {
    this.suspects = refused;
    this.refusal = refusal;
  }

  /** The next set to send, or null at the end. Culprits are told on the way. */
  next(found: (culprit: Culprit<T>) => void): T[] | null {
    if (this.suspects.length === 1) {
      const [event] = this.suspects as [T];
      found({ event, refusal: this.refusal });
      this.suspects = [];
      this.found += 1;
    }
    if (this.suspects.length > 1) {
      this.asked = this.suspects.slice(0, Math.ceil(this.suspects.length / 2));
      return this.asked;
    }
    this.asked = this.pool.slice(0, this.poolSetSize());
    return this.pool.length === 0 ? null : this.asked;
  }

  answer(answer: SetAnswer): void {
    const wasPool = this.suspects.length === 0;
    const rest = (wasPool ? this.pool : this.suspects).slice(this.asked.length);
    if (answer.accepted) this.taken += this.asked.length;
    else this.refusal = answer.refusal;
    if (wasPool) {
      this.suspects = answer.accepted ? [] : this.asked;
      this.pool = rest;
    } else if (answer.accepted) {
      this.suspects = rest;
    } else {
      this.pool = [...rest, ...this.pool];
      this.suspects = this.asked;
    }
  }

  private poolSetSize(): number {
    if (this.found < 2) return this.pool.length;
    // The first was known to be there and says nothing of the others.
    const gap = (this.taken + this.found) / (this.found - 1);
    const expected = 2 ** Math.floor(Math.log2(gap));
    return Math.max(expected, Math.ceil(this.pool.length * POOL_PART_MIN));
  }
}
