// Work on one account in turn, in the order of asking; different accounts do not wait for each other.

export class AccountTurns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs when everything asked for before on this account has ended, well or badly. */
  take<T>(accountId: string, run: () => Promise<T>): Promise<T> {
    const before = this.last.get(accountId) ?? Promise.resolve();
    const turn = before.then(run, run);
    this.last.set(accountId, turn);
    const forget = () => {
      if (this.last.get(accountId) === turn) this.last.delete(accountId);
    };
    turn.then(forget, forget);
    return turn;
  }
}
