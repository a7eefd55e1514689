// A share of all hits is computed anyway, in the background, to know how wrong they are.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Random } from '../../shared/index.js';
import type { CacheFigures } from './cache-figures.js';
import type { LookUp } from './look-up.js';

const SHADOW_SHARE = 0.02;
/** A hit whose answer is off by more than this is a wrong one. */
const WRONG_ABOVE = 0.01;

export class ShadowChecks {
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly figures: CacheFigures,
    private readonly random: Random,
  ) {}

  /** Computes this hit again if chance has it; nobody waits for that. */
  perhaps<T>(lookUp: LookUp<T>, cached: T): void {
    if (this.random.uniform() >= SHADOW_SHARE) return;
    const check = this.recompute(lookUp, cached);
    this.running.add(check);
    void check.finally(() => this.running.delete(check));
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.running);
  }

  private async recompute<T>({ question, compute, errorOf }: LookUp<T>, cached: T): Promise<void> {
    try {
      await nextTurn();
      const error = errorOf(cached, await compute());
      this.figures.recomputed(question, error, error > WRONG_ABOVE);
    } catch {
      // What cannot be computed now says nothing about the answer that was given.
    }
  }
}
