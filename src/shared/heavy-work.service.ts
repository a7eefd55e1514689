// Work over whole accounts, which may take seconds: it lets others be served in between, one piece
// per account and few in all are under way at a time, equal requests share one, and what nobody
// waits for any more is not begun.
import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DomainError } from './errors.js';
import { Slots } from './slots.js';

/** After so long others are served: an event of another account takes some ten turns. */
const SLICE_MILLIS = 4;
/** Who waits longer is better told to come again. */
const WAIT_MILLIS_MAX = 60_000;
/** Of one account, where a piece takes seconds and where it takes milliseconds. */
const WAITING_MAX = { seconds: 20, millis: 200 };
/** Of all accounts: each piece takes some connections of the pool, and intake needs some, too. */
const AT_ONCE_MAX = 2;
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

/** How long one piece takes: they do not wait for pieces of the other kind. */
type Size = keyof typeof WAITING_MAX;

interface Asked {
  size?: Size;
  /** Aborted when the asker goes away. */
  signal?: AbortSignal;
  /** Shared only until it begins: the answer holds whatever was there when it was asked for. */
  isFresh?: boolean;
}

interface Flight {
  result: Promise<unknown>;
  askers: number;
  /** Ends the waiting. */
  end: AbortController;
}

@Injectable()
export class HeavyWork {
  private readonly accounts = new Map<string, Slots>();
  private readonly sizes = { seconds: new Slots(AT_ONCE_MAX), millis: new Slots(AT_ONCE_MAX) };
  private readonly flights = new Map<string, Flight>();

  /**
   * One at a time per account, in the order of their coming. Who asks by the `key` of work that is
   * waiting or under way shares it; null = like no other. What still waits when all who asked for
   * it have left is dropped.
   * @throws DomainError 503 `server.busy` with `Retry-After` after a minute of waiting, and at once
   * where too many wait.
   */
  run<T>(
    accountId: string,
    key: string | null,
    work: () => Promise<T>,
    asked: Asked = {},
  ): Promise<T> {
    const name = key === null ? null : JSON.stringify([accountId, key]);
    const flying = name === null ? undefined : this.flights.get(name);
    const flight = flying ?? this.launch(accountId, name, work, asked);
    flight.askers += 1;
    const leave = () => {
      flight.askers -= 1;
      if (flight.askers === 0) flight.end.abort(busy());
    };
    if (asked.signal?.aborted) leave();
    else asked.signal?.addEventListener('abort', leave, { once: true });
    return flight.result as Promise<T>;
  }

  private launch<T>(
    accountId: string,
    name: string | null,
    work: () => Promise<T>,
    { size = 'seconds', isFresh = false }: Asked,
  ): Flight {
    const end = new AbortController();
    const forget = () => {
      if (name !== null && this.flights.get(name) === flight) this.flights.delete(name);
    };
    const begin = () => {
      if (isFresh) forget();
      return work();
    };
    end.signal.addEventListener('abort', forget, { once: true });
    const result = this.inTurn(accountId, size, end, begin).finally(forget);
    const flight: Flight = { result, askers: 0, end };
    if (name !== null) this.flights.set(name, flight);
    return flight;
  }

  private async inTurn<T>(
    accountId: string,
    size: Size,
    end: AbortController,
    work: () => Promise<T>,
  ): Promise<T> {
    const account = this.accounts.get(accountId) ?? new Slots(1);
    if (account.waiting >= WAITING_MAX[size]) throw busy();
    this.accounts.set(accountId, account);
    const given: (() => void)[] = [];
    const timer = setTimeout(() => end.abort(busy()), WAIT_MILLIS_MAX);
    try {
      given.push(await account.take(end.signal));
      given.push(await this.sizes[size].take(end.signal));
      clearTimeout(timer);
      return await work();
    } finally {
      clearTimeout(timer);
      for (const giveBack of given.reverse()) giveBack();
      if (account.isIdle) this.accounts.delete(accountId);
    }
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
