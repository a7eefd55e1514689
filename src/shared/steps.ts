// Pure work written in steps, so that whoever does much of it can let others be served in between
// (`Breather.through`), and whoever does little need not care.

/** Everything at once. */
export function finished<T>(steps: Iterator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
