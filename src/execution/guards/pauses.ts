// Which switch holds an account's writes back. Pure.

export interface Pause {
  isPaused: boolean;
  changedBy: string;
  changedAt: Date;
}

/** That of all accounts, and the account's own if it was ever thrown. */
export interface Switches {
  all: Pause;
  own: Pause | null;
}

/** What holds the account back, its own switch first; null when nothing does. */
export function pausedBy({ all, own }: Switches) {
  if (own?.isPaused) return { scope: 'account' as const, ...whoAndWhen(own) };
  return all.isPaused ? { scope: 'all' as const, ...whoAndWhen(all) } : null;
}

/** An account resumed while everything is stopped is still paused, and is told so. */
export function showAccountSwitch(accountId: string, switches: Switches) {
  const { all, own } = switches;
  const holds = pausedBy(switches);
  return {
    paused: holds !== null,
    ...(holds ?? { scope: 'account' as const, ...whoAndWhen(own ?? all) }),
    account_id: accountId,
    detail: all.isPaused
      ? `All accounts are paused by ${all.changedBy}: nothing is written until that ends too.`
      : null,
  };
}

export function showSwitch(all: Pause) {
  return { paused: all.isPaused, scope: 'all' as const, ...whoAndWhen(all), account_id: null };
}

function whoAndWhen({ changedBy, changedAt }: Pause) {
  return { changed_by: changedBy, changed_at: changedAt.toISOString() };
}
