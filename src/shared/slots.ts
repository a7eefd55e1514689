// Places that are taken in the order of coming; who waits for one may leave.

export class Slots {
  private free: number;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly size: number) {
    this.free = size;
  }

  get waiting(): number {
    return this.queue.length;
  }

  get isIdle(): boolean {
    return this.free === this.size;
  }

  /** Resolves with what gives the place back; rejects with the signal's reason. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.free > 0) this.free -= 1;
    else await this.turn(signal);
    return () => {
      const next = this.queue.shift();
      if (next) next();
      else this.free += 1;
    };
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.queue.splice(this.queue.indexOf(next), 1);
        reject(signal.reason as Error);
      };
      this.queue.push(next);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
