// How far a command is, on standard error so that standard output can be piped: a bar for people at
// a terminal, a line every few seconds for logs.
import { SingleBar } from 'cli-progress';

const LINE_EVERY_MILLIS = 3000;

export interface Progress {
  /** `done` of the total; `detail` stands behind it. */
  update(done: number, detail: string): void;
  stop(): void;
}

export function openProgress(title: string, total: number): Progress {
  return process.stderr.isTTY ? barOf(title, total) : linesOf(title, total);
}

function barOf(title: string, total: number): Progress {
  const bar = new SingleBar({
    format: `${title} {bar} {percentage} % {detail}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: false,
  });
  bar.start(Math.max(1, total), 0, { detail: '' });
  return {
    update: (done, detail) => bar.update(done, { detail }),
    stop: () => bar.stop(),
  };
}

function linesOf(title: string, total: number): Progress {
  let told = Date.now();
  return {
    update: (done, detail) => {
      if (Date.now() - told < LINE_EVERY_MILLIS) return;
      told = Date.now();
      const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
      process.stderr.write(`${title}: ${percent} % ${detail}\n`);
    },
    stop: () => undefined,
  };
}
