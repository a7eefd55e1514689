// Every fault of a request at once, also those that its shape does not show: what needs the
// account, its currency or its clock. A caller who mends one fault after the other asks as often.
import { DomainError } from '../errors.js';
import { invalidInput } from './input.js';

export class FaultCollector {
  private readonly refusals: DomainError[] = [];

  /** What the check gives; undefined when it refuses its input (400), which is told at the end. */
  async of<T>(check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof DomainError) || error.status !== 400) throw error;
      this.refusals.push(error);
      return undefined;
    }
  }

  /** @throws DomainError 400 with every fault; a single refusal as it came, with its own code. */
  end(): void {
    const [only, ...more] = this.refusals;
    if (!only) return;
    // The first to name a field has looked at its shape; what others say of it follows from that.
    const named = new Set<string>();
    const faults = this.refusals
      .map(({ extras }) => extras.errors ?? [])
      .flatMap((errors) => {
        const fresh = errors.filter(({ pointer }) => !named.has(pointer));
        for (const { pointer } of errors) named.add(pointer);
        return fresh;
      });
    throw more.length === 0 ? only : invalidInput(faults);
  }
}
