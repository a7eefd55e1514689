// Finds the events that make Meta refuse a batch. Meta names no culprit, so sets are sent until the
// refused ones have one member. Only left halves are sent: when the left one is taken, the culprit is
// in the right one; when it is refused, nothing is known of the right one and it waits in the pool.
// At most ceil(log2 n) + 1 calls a culprit (binary splitting, cf. Hwang 1972); halving both sides
// would cost about twice as many.

export interface Culprit<T> {
  event: T;
  /** The refusal that can only be about this event. */
  refusal: string;
}

/** `accepted`, or the refusal in Meta's words. */
export type SetAnswer = { accepted: true } | { accepted: false; refusal: string };

export class Isolation<T> {
  /** Holds at least one culprit. */
  private suspects: T[];
  /** Nothing is known of these. */
  private pool: T[] = [];
  private refusal: string;
  private asked: T[] = [];

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
    }
    if (this.suspects.length > 1) {
      this.asked = this.suspects.slice(0, Math.ceil(this.suspects.length / 2));
      return this.asked;
    }
    this.asked = this.pool;
    return this.pool.length === 0 ? null : this.asked;
  }

  answer(answer: SetAnswer): void {
    const wasPool = this.suspects.length === 0;
    const rest = this.suspects.slice(this.asked.length);
    if (!answer.accepted) this.refusal = answer.refusal;
    if (wasPool) {
      this.suspects = answer.accepted ? [] : this.pool;
      this.pool = [];
    } else if (answer.accepted) {
      this.suspects = rest;
    } else {
      this.pool = [...this.pool, ...rest];
      this.suspects = this.asked;
    }
  }

  /** Neither taken nor found guilty: what goes back to the queue when the search has to stop. */
  undecided(): T[] {
    return [...this.suspects, ...this.pool];
  }
}
