// Which call goes wrong and how: an explicit queue for a test about one fault, a seed for a test
// about many.
import { SeededRandom } from '../../src/shared/random.js';
import type { GraphErrorFields } from './fake-graph-errors.js';
import type { FakeObject } from './fake-graph-world.js';

export type Fault =
  /** Refused with Meta's envelope; nothing is applied unless told. */
  | {
      kind: 'error';
      error: GraphErrorFields;
      status?: number;
      headers?: Record<string, string>;
      applied?: boolean;
    }
  /** `success: true` and the value unchanged. */
  | { kind: 'silent_no_op' }
  /** The connection is cut after the whole body was received. */
  | { kind: 'reset'; applied: boolean }
  /** Answered late. */
  | { kind: 'delay'; ms: number }
  /** Answered in drops, so much time between them. */
  | { kind: 'drip'; ms: number }
  /** Someone else's edit right after this call: between our look and our write, say. */
  | { kind: 'outside_edit'; change: Partial<FakeObject> }
  /** HTTP 200 with the text "Service Unavailable". */
  | { kind: 'service_unavailable'; applied: boolean }
  /** HTTP 200 with these characters, whatever they are. */
  | {
      kind: 'raw';
      text: string;
      status?: number;
      applied: boolean;
      headers?: Record<string, string>;
    };

/**
 * `batch` is a whole batch call; its items are reads and writes like any other. `validate` is a
 * write that is only to be checked, and a batch of nothing else.
 */
export type CallKind = 'read' | 'write' | 'validate' | 'batch';
/** `any` is a read or a write. */
export type FaultTarget = CallKind | 'any';

export interface FaultOdds {
  target: FaultTarget;
  /** Probability per call of each fault; their sum is at most 1. */
  odds: { probability: number; fault: Fault }[];
}

export class FaultPlan {
  private readonly queued: { target: FaultTarget; fault: Fault }[] = [];
  private random: SeededRandom | null = null;
  private odds: FaultOdds[] = [];

  /** The next calls of this kind fail so, one after the other. */
  queue(target: FaultTarget, ...faults: Fault[]): void {
    this.queued.push(...faults.map((fault) => ({ target, fault })));
  }

  /** From now on chance decides, reproducibly, whenever the queue holds nothing for the call. */
  seed(seed: number, ...odds: FaultOdds[]): void {
    this.random = new SeededRandom(seed);
    this.odds = odds;
  }

  /** All goes well again. */
  clear(): void {
    this.queued.length = 0;
    this.odds = [];
  }

  /** The fault of this call, taken off the plan; null = it goes well. */
  take(kind: CallKind): Fault | null {
    const fits = ({ target }: { target: FaultTarget }): boolean =>
      target === kind || (target === 'any' && (kind === 'read' || kind === 'write'));
    const index = this.queued.findIndex(fits);
    if (index >= 0) return this.queued.splice(index, 1)[0]?.fault ?? null;
    const odds = this.odds.find(fits);
    if (!this.random || !odds) return null;
    let left = this.random.uniform();
    for (const { probability, fault } of odds.odds) {
      left -= probability;
      if (left < 0) return fault;
    }
    return null;
  }
}
