// Pure work written in steps, so that whoever does much of it can let others be served in between
// (`Breather.through`), and whoever does little need not care.

/** Everything at once. */
export function finished<T>(steps: Iterator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** A step is so many items: at two hundred draws each, about a millisecond. */
const CHUNK = 64;

/** Work over `count` items, `from` to before `to` at a time. */
export function* inChunks(
  count: number,
  work: (from: number, to: number) => void,
): Generator<void, void> {
  for (let from = 0; from < count; from += CHUNK) {
    work(from, Math.min(count, from + CHUNK));
    yield;
  }
}

/** `map`, a chunk at a time. */
export function* mapped<T, R>(
  items: readonly T[],
  of: (item: T, index: number) => R,
): Generator<void, R[]> {
  const results = new Array<R>(items.length);
  yield* inChunks(items.length, (from, to) => {
    for (let index = from; index < to; index += 1) {
      results[index] = of(items[index] as T, index);
    }
  });
  return results;
}
