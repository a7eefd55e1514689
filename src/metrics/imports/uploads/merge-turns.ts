// Whose import may be merged now: one of an account, since two would wait for each other's rows,
// and two in all, since each holds a connection for as long as its file is long.

const MERGES_MAX = 2;

interface Waiting {
  accountId: string;
  begin: () => void;
}

export class MergeTurns {
  private readonly merging = new Set<string>();
  private readonly waiting: Waiting[] = [];

  /** Runs `merge` when its turn has come; those of one account in the order of asking. */
  async run<T>(accountId: string, merge: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.waiting.push({ accountId, begin });
      this.next();
    });
    try {
      return await merge();
    } finally {
      this.merging.delete(accountId);
      this.next();
    }
  }

  private next(): void {
    while (this.merging.size < MERGES_MAX) {
      const at = this.waiting.findIndex(({ accountId }) => !this.merging.has(accountId));
      const [turn] = at < 0 ? [] : this.waiting.splice(at, 1);
      if (turn === undefined) return;
      this.merging.add(turn.accountId);
      turn.begin();
    }
  }
}
