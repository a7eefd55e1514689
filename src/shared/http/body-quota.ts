// How many bytes of bodies are held while they arrive: of one caller, and of all together. Many
// clients that stop one byte before the end would fill the memory otherwise.
import { DomainError } from '../errors.js';

const MIB = 1024 * 1024;

export interface QuotaLimits {
  each: number;
  all: number;
}

/** An address whose key is not known yet: a few bulk bodies at a time. */
export const STRANGERS: QuotaLimits = { each: 16 * MIB, all: 64 * MIB };
/** A key: more at a time than any client of ours sends, less than hurts a small container. */
export const KEY_HOLDERS: QuotaLimits = { each: 64 * MIB, all: 256 * MIB };

const RETRY_SECONDS = 5;

export class BodyQuota {
  private total = 0;
  private readonly held = new Map<string, number>();

  constructor(private readonly limits: QuotaLimits) {}

  /** @throws DomainError 429 when the holder has too much under way, 503 when all have. */
  take(holder: string, bytes: number): void {
    const own = (this.held.get(holder) ?? 0) + bytes;
    const extras = { retryAfterSeconds: RETRY_SECONDS };
    if (own > this.limits.each) {
      const detail = `More than ${this.limits.each / MIB} MiB of bodies are under way from here.`;
      throw new DomainError(429, 'rate_limit.bytes_under_way', detail, extras);
    }
    if (this.total + bytes > this.limits.all) {
      const detail = 'Too many bodies are under way; send it again in a moment.';
      throw new DomainError(503, 'server.unavailable', detail, extras);
    }
    this.total += bytes;
    this.held.set(holder, own);
  }

  give(holder: string, bytes: number): void {
    const left = (this.held.get(holder) ?? 0) - bytes;
    this.total -= bytes;
    if (left > 0) this.held.set(holder, left);
    else this.held.delete(holder);
  }
}
