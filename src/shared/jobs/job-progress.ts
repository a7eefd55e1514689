// What a run has counted so far, for whoever looks at it: the newest figures, written at most every
// two seconds, however often a job tells them.
import type { JobCounts } from './job.js';

/** Often enough for a page that is watched; a job may count a thousand things a second. */
const WRITE_MILLIS = 2000;

export class JobProgress {
  /** What was told last; `{}` before. */
  counts: JobCounts = {};
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private isEnded = false;

  /** A write that fails costs a glance at the page, so `failed` hears of it and the run goes on. */
  constructor(
    private readonly write: (counts: JobCounts) => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  report(counts: JobCounts): void {
    this.counts = { ...counts };
    if (this.isEnded || this.timer !== undefined) return;
    this.writing = this.write(this.counts).catch(this.failed);
    this.waitForNext(this.counts);
  }

  /** Resolves when nothing is being written any more, and nothing will be. */
  async end(): Promise<void> {
    this.isEnded = true;
    clearTimeout(this.timer);
    await this.writing;
  }

  private waitForNext(written: JobCounts): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.writing.then(() => {
        if (this.counts !== written) this.report(this.counts);
      });
    }, WRITE_MILLIS).unref();
  }
}
