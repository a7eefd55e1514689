// Long work in the event loop lets others have their turn in between.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A fifth of what one request may hold up the others. */
const MILLIS_MAX = 10;

export class Turns {
  private since = performance.now();

  /** Between two parts of the work: waits for the others when it has gone on for long enough. */
  async pass(): Promise<void> {
    if (performance.now() - this.since < MILLIS_MAX) return;
    await nextTurn();
    this.since = performance.now();
  }
}
