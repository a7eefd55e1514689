// A few keys at work at once, others in line, more while it goes on. A key that is at work or in
// line is not taken twice. Pure but for the promises that it is given.

export class WorkerSlots {
  private readonly waiting: string[] = [];
  private readonly atWork = new Map<string, Promise<void>>();
  private isEnded = false;

  constructor(
    private readonly width: number,
    /** Keeps its failures to itself: a rejection ends the wait of everybody else. */
    private readonly work: (key: string) => Promise<void>,
  ) {}

  add(keys: readonly string[]): void {
    if (this.isEnded) return;
    for (const key of keys) {
      if (!this.atWork.has(key) && !this.waiting.includes(key)) this.waiting.push(key);
    }
    this.fill();
  }

  /** When nothing is at work and nothing in line any more; from then on nothing is taken in. */
  async end(): Promise<void> {
    while (this.atWork.size > 0) await Promise.all(this.atWork.values());
    this.isEnded = true;
  }

  private fill(): void {
    while (this.atWork.size < this.width) {
      const key = this.waiting.shift();
      if (key === undefined) return;
      const done = this.work(key).finally(() => {
        this.atWork.delete(key);
        this.fill();
      });
      this.atWork.set(key, done);
    }
  }
}
