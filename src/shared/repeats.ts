// Which repeated messages are worth another line: a database that is away makes every poll of every
// second fail alike, and a log that tells each of them tells nothing else.

interface Seen {
  since: number;
  written: number;
  leftOut: number;
}

export interface RepeatRule {
  /** Lines of one kind within a window. */
  linesMax: number;
  windowMillis: number;
  /** Kinds that are remembered; the oldest is forgotten first. */
  kindsMax: number;
}

export class Repeats {
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly rule: RepeatRule) {}

  /**
   * null: leave this line out. Otherwise how many of its kind were left out since the last one that
   * was written. `now` is in milliseconds of any clock.
   */
  take(kind: string, now: number): number | null {
    const known = this.seen.get(kind);
    if (known && now - known.since < this.rule.windowMillis) {
      if (known.written >= this.rule.linesMax) {
        known.leftOut += 1;
        return null;
      }
      known.written += 1;
      return 0;
    }
    this.seen.delete(kind);
    this.seen.set(kind, { since: now, written: 1, leftOut: 0 });
    if (this.seen.size > this.rule.kindsMax) {
      for (const oldest of this.seen.keys()) {
        this.seen.delete(oldest);
        break;
      }
    }
    return known?.leftOut ?? 0;
  }
}
