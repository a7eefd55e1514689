// Requests per key and minute. Held in memory: each process limits for itself, which bounds the
// load on that process; budgets of the outside platforms are kept in the database instead.
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Config } from './config/config.js';
import { DomainError } from './errors.js';

const WINDOW_SECONDS = 60;

@Injectable()
export class RateLimits {
  private readonly limiter: RateLimiterMemory;

  constructor(private readonly config: Config) {
    this.limiter = new RateLimiterMemory({
      points: config.rateLimitPerMinute,
      duration: WINDOW_SECONDS,
    });
  }

  /** 429 `rate_limit.exceeded` with Retry-After when the key has used up its minute. */
  async consume(key: string): Promise<void> {
    try {
      await this.limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      throw new DomainError(
        429,
        'rate_limit.exceeded',
        `More than ${this.config.rateLimitPerMinute} requests in a minute; wait ${seconds} s.`,
        { retryAfterSeconds: seconds },
      );
    }
  }
}
