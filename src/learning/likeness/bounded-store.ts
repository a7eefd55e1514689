// The memory tier's shelf: a map that forgets what was used longest ago, so that a server that runs
// for months does not keep every question it was ever asked.

/** What Keyv asks of a store. */
export class BoundedStore extends Map<string, unknown> {
  constructor(private readonly most: number) {
    super();
  }

  override get(key: string): unknown {
    const value = super.get(key);
    if (value === undefined) return undefined;
    super.delete(key);
    super.set(key, value);
    return value;
  }

  override set(key: string, value: unknown): this {
    super.delete(key);
    super.set(key, value);
    for (const oldest of super.keys()) {
      if (this.size <= this.most) break;
      super.delete(oldest);
    }
    return this;
  }

  /** How many keys begin so. */
  countOf(prefix: string): number {
    let count = 0;
    for (const key of this.keys()) if (key.startsWith(prefix)) count += 1;
    return count;
  }
}
