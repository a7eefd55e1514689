// Work over whole accounts, which may take seconds: it lets others be served in between, one piece
// per account is under way at a time, and equal requests share one.
import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DomainError } from './errors.js';

/** After so long others are served: an event of another account takes some ten turns. */
const SLICE_MILLIS = 4;
/** Who waits longer is better told to come again. */
const WAIT_MILLIS_MAX = 60_000;
/** Of one account: each holds a request open. */
const WAITING_MAX = 100;
const RETRY_AFTER_SECONDS = 30;

/** Long loops ask it after every item whether others should be served first. */
export class Breather {
  private since = performance.now();

  get isDue(): boolean {
    return performance.now() - this.since >= SLICE_MILLIS;
  }

  async rest(): Promise<void> {
    await nextTurn();
    this.since = performance.now();
  }

  /** Computes what is written in steps, others being served in between. */
  async through<T>(steps: Iterator<unknown, T>): Promise<T> {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      if (this.isDue) await this.rest();
    }
  }
}

interface Queue {
  waiting: number;
  last: Promise<void>;
}

@Injectable()
export class HeavyWork {
  private readonly queues = new Map<string, Queue>();
  private readonly flights = new Map<string, Promise<unknown>>();

  /**
   * One at a time per account, in the order of their coming. Who asks by the `key` of work that is
   * waiting or under way shares it; null = like no other.
   * @throws DomainError 503 `server.busy` with `Retry-After` after a minute of waiting.
   */
  run<T>(accountId: string, key: string | null, work: () => Promise<T>): Promise<T> {
    if (key === null) return this.inTurn(accountId, work);
    const name = JSON.stringify([accountId, key]);
    const flying = this.flights.get(name) as Promise<T> | undefined;
    if (flying) return flying;
    const flight = this.inTurn(accountId, work).finally(() => this.flights.delete(name));
    this.flights.set(name, flight);
    return flight;
  }

  private async inTurn<T>(accountId: string, work: () => Promise<T>): Promise<T> {
    const queue = this.queues.get(accountId) ?? { waiting: 0, last: Promise.resolve() };
    if (queue.waiting >= WAITING_MAX) throw busy();
    this.queues.set(accountId, queue);
    const before = queue.last;
    let release = (): void => undefined;
    const own = new Promise<void>((resolve) => (release = resolve));
    queue.last = before.then(() => own);
    queue.waiting += 1;
    try {
      await within(before, WAIT_MILLIS_MAX);
      return await work();
    } finally {
      release();
      queue.waiting -= 1;
      if (queue.waiting === 0) this.queues.delete(accountId);
    }
  }
}

async function within(before: Promise<void>, millis: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(busy()), millis);
  });
  try {
    await Promise.race([before, late]);
  } finally {
    clearTimeout(timer);
  }
}

function busy(): DomainError {
  return new DomainError(
    503,
    'server.busy',
    'Other large computations of this account are under way; ask again in half a minute.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
