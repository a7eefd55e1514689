// How many bytes of bodies are held while they arrive: of one caller, and of all together. Many
// clients that stop one byte before the end would fill the memory otherwise; those that stand still
// make room for those that move.
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
/** A body moves when it has grown by so much: single bytes keep nobody's place. */
const STEP_BYTES = 64 * 1024;
/** A body that has not moved for so long is dropped when others need its room. */
const STANDING_MILLIS = 250;

/** A body that is under way. */
export interface Held {
  readonly holder: string;
  bytes: number;
  /** Where it stood when it last moved, and when that was. */
  mark: number;
  movedAt: number;
  drop: (refusal: DomainError) => void;
}

export class BodyQuota {
  private total = 0;
  private readonly byHolder = new Map<string, number>();
  /** In the order in which they last moved. */
  private readonly underWay = new Set<Held>();

  constructor(private readonly limits: QuotaLimits) {}

  /** `drop` is called when the body must make room; nothing of it is counted from then on. */
  open(holder: string, drop: (refusal: DomainError) => void): Held {
    const held: Held = { holder, bytes: 0, mark: 0, movedAt: performance.now(), drop };
    this.underWay.add(held);
    return held;
  }

  /** @throws DomainError 429 when the holder has too much under way, 503 when all have. */
  take(held: Held, bytes: number): void {
    const { each, all } = this.limits;
    const extras = { retryAfterSeconds: RETRY_SECONDS };
    const mine = () => (this.byHolder.get(held.holder) ?? 0) + bytes > each;
    if (!this.makeRoom(held, mine, ({ holder }) => holder === held.holder)) {
      const detail = `More than ${each / MIB} MiB of bodies are under way from here.`;
      throw new DomainError(429, 'rate_limit.bytes_under_way', detail, extras);
    }
    if (
      !this.makeRoom(
        held,
        () => this.total + bytes > all,
        () => true,
      )
    ) {
      const detail = 'Too many bodies are under way; send it again in a moment.';
      throw new DomainError(503, 'server.unavailable', detail, extras);
    }
    this.count(held, bytes);
    if (held.bytes - held.mark < STEP_BYTES) return;
    held.mark = held.bytes;
    held.movedAt = performance.now();
    this.underWay.delete(held);
    this.underWay.add(held);
  }

  /** After its end, whatever that was; more than once does nothing. */
  close(held: Held): void {
    if (!this.underWay.delete(held)) return;
    this.count(held, -held.bytes);
  }

  /** Whether it is no longer too full: drops what has stood still for longest. */
  private makeRoom(
    wanting: Held,
    isFull: () => boolean,
    counts: (other: Held) => boolean,
  ): boolean {
    if (!isFull()) return true;
    const latest = performance.now() - STANDING_MILLIS;
    for (const other of this.underWay) {
      if (other.movedAt > latest) return false;
      if (other === wanting || other.bytes === 0 || !counts(other)) continue;
      this.close(other);
      other.drop(stoodStill());
      if (!isFull()) return true;
    }
    return false;
  }

  private count(held: Held, bytes: number): void {
    held.bytes += bytes;
    this.total += bytes;
    const own = (this.byHolder.get(held.holder) ?? 0) + bytes;
    if (own > 0) this.byHolder.set(held.holder, own);
    else this.byHolder.delete(held.holder);
  }
}

function stoodStill(): DomainError {
  const detail = 'The body stood still while others needed its room; send it again.';
  return new DomainError(408, 'request.timeout', detail);
}
