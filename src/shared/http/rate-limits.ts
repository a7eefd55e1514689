// Requests per key and minute, and guesses of keys per address. Held in memory: each process limits
// for itself, which bounds the load on that process; budgets of the outside platforms are kept in
// the database instead.
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { DomainError } from '../errors.js';

const WINDOW_SECONDS = 60;
/** Of one address. Room for a house of wrongly set up clients; too few to search or to burden. */
const GUESSES_PER_MINUTE = 200;

@Injectable()
export class RateLimits {
  private readonly requests: RateLimiterMemory;
  private readonly guesses: RateLimiterMemory;

  constructor(config: Config) {
    const perMinute = config.rateLimitPerMinute;
    const limiter = (points: number) => new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
    this.requests = limiter(perMinute);
    this.guesses = limiter(Math.min(GUESSES_PER_MINUTE, perMinute));
  }

  /** 429 `rate_limit.exceeded` with Retry-After when the key has used up its minute. */
  async consume(key: string): Promise<void> {
    await spend(this.requests, key, 'requests');
  }

  /**
   * Counts a key that nobody knows yet, before it costs a look-up. What to answer when it turns out
   * to be wrong; null while the address has guesses left.
   */
  async takeGuess(address: string): Promise<DomainError | null> {
    try {
      await spend(this.guesses, networkOf(address), 'wrong keys from one address');
      return null;
    } catch (refusal) {
      if (refusal instanceof DomainError) return refusal;
      throw refusal;
    }
  }

  /** The look-up found a key: it was no guess. */
  async returnGuess(address: string): Promise<void> {
    await this.guesses.reward(networkOf(address));
  }
}

async function spend(limiter: RateLimiterMemory, key: string, what: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
    throw new DomainError(
      429,
      'rate_limit.exceeded',
      `More than ${limiter.points} ${what} in a minute; wait ${seconds} s.`,
      { retryAfterSeconds: seconds },
    );
  }
}

/** Whoever has one IPv6 address has the 2^64 beside it. */
function networkOf(address: string): string {
  const [left = '', right] = address.split('::');
  if (!address.includes(':') || address.includes('.')) return address;
  const groups = left === '' ? [] : left.split(':');
  const missing = 8 - groups.length - (right ? right.split(':').length : 0);
  const zeros = right === undefined ? [] : Array<string>(Math.max(0, missing)).fill('0');
  return [...groups, ...zeros, ...(right ? right.split(':') : [])].slice(0, 4).join(':');
}
