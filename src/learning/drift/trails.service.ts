// The trails of an account's ads, kept in memory from one transaction to the next. It is a copy of
// what is stored and no more: the position in the account's journal tells whether it is still true,
// what other processes wrote is caught up on, and a process that is killed loses nothing.
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { addMinutes, isBehind, newTrail, newestOf, type Trail } from './trail.js';
import { forgetScans, readJournal, readTrails, type JournalMinute } from './trails.queries.js';
import { ascending, together, type Minute } from './minutes.js';

interface AccountTrails {
  position: number;
  trails: Map<string, Trail>;
  /** Of ads whose trail was not asked for yet: what the journal holds of them. */
  journal: Map<string, JournalMinute[]>;
  /** Ads of whose journal nothing is kept here. */
  unread: Set<string>;
}

/** Ads of all accounts that are remembered, some hundred megabytes; the others are read again. */
const ADS_MAX = 250_000;

@Injectable()
export class AdTrails {
  /** The account used last comes last. */
  private readonly kept = new Map<string, AccountTrails>();
  private readonly open = new Map<string, AccountTrails>();
  private ads = 0;

  /**
   * The trails of the ads, and perhaps of others, as they stand at `position`. They are the
   * caller's to change and count from `committed` on; without that, `begin` forgets them. No trail
   * begins after `earliest`, the first minute that is told of its ad now. The caller holds
   * `lockLearning` and runs one transaction of an account at a time.
   */
  async at(
    manager: EntityManager,
    accountId: string,
    position: number,
    earliest: ReadonlyMap<string, number>,
  ): Promise<Map<string, Trail>> {
    const account = await this.caughtUp(manager, accountId, position);
    const late: string[] = [];
    for (const [adId, minute] of earliest) {
      const trail = account.trails.get(adId);
      if (!trail || !isBehind(trail, minute)) {
        // Another process may have stored a later base than this one has.
        if (trail && minute <= newestOf(trail) - BASE_MINUTES) late.push(adId);
        continue;
      }
      late.push(adId);
      account.trails.delete(adId);
      account.unread.add(adId);
    }
    await forgetScans(manager, accountId, late);
    await read(manager, accountId, account, earliest);
    this.open.set(accountId, account);
    return account.trails;
  }

  /** A transaction of the account begins: what was asked for and not committed is void. */
  begin(accountId: string): void {
    this.open.delete(accountId);
  }

  /** The transaction that asked last for the account's ads stands, one position further. */
  committed(accountId: string): void {
    const account = this.open.get(accountId);
    if (!account) return;
    this.open.delete(accountId);
    this.kept.set(accountId, { ...account, position: account.position + 1 });
    this.ads += account.trails.size;
    for (const [oldest] of this.kept) {
      if (this.ads <= ADS_MAX) break;
      this.take(oldest);
    }
  }

  /** How many of the account's ads are remembered. */
  count(accountId: string): number {
    return this.kept.get(accountId)?.trails.size ?? 0;
  }

  private async caughtUp(
    manager: EntityManager,
    accountId: string,
    position: number,
  ): Promise<AccountTrails> {
    const known = this.take(accountId);
    if (known?.position === position) return known;
    if (known) {
      const { minutes, positions } = await readJournal(manager, accountId, known.position);
      // Fewer: some are folded already, and nobody can tell which ads they spoke of.
      if (positions === position - known.position) {
        for (const one of minutes) follow(known, one);
        return shortened({ ...known, position });
      }
    }
    const fresh: AccountTrails = {
      position,
      ...{ trails: new Map(), journal: new Map() },
      unread: new Set(),
    };
    for (const one of (await readJournal(manager, accountId, -1)).minutes) follow(fresh, one);
    return fresh;
  }

  private take(accountId: string): AccountTrails | null {
    const account = this.kept.get(accountId);
    if (!account) return null;
    this.kept.delete(accountId);
    this.ads -= account.trails.size;
    return account;
  }
}

/** Minutes of ads that only other processes are told of. */
const JOURNAL_ADS_MAX = 100_000;
const JOURNAL_MINUTES_MAX = 1000;

function shortened(account: AccountTrails): AccountTrails {
  if (account.journal.size <= JOURNAL_ADS_MAX) return account;
  for (const adId of account.journal.keys()) account.unread.add(adId);
  account.journal.clear();
  return account;
}

/** A stored base lies at least as far behind the newest event. */
const BASE_MINUTES = 1440;

function follow({ trails, journal, unread }: AccountTrails, one: JournalMinute): void {
  const trail = trails.get(one.adId);
  if (trail && isBehind(trail, one.minute)) {
    trails.delete(one.adId);
    unread.add(one.adId);
  } else if (trail) addMinutes(trail, [minuteOf(one)]);
  else if (!unread.has(one.adId)) {
    const known = journal.get(one.adId);
    if (!known) journal.set(one.adId, [one]);
    else if (known.length < JOURNAL_MINUTES_MAX) known.push(one);
    else {
      journal.delete(one.adId);
      unread.add(one.adId);
    }
  }
}

/** Reads the trails that are missing, each as it is stored. */
async function read(
  manager: EntityManager,
  accountId: string,
  { trails, journal, unread }: AccountTrails,
  earliest: ReadonlyMap<string, number>,
): Promise<void> {
  const missing = new Map([...earliest].filter(([adId]) => !trails.has(adId)));
  if (missing.size === 0) return;
  // The journal first: what is folded between the two looks is told by `oldest`, and not missed.
  const lost = [...missing.keys()].filter((adId) => unread.has(adId));
  if (lost.length > 0) {
    for (const one of (await readJournal(manager, accountId, -1, lost)).minutes) {
      journal.set(one.adId, [...(journal.get(one.adId) ?? []), one]);
    }
  }
  const stored = await readTrails(manager, accountId, missing);
  await forgetScans(manager, accountId, stored.outdated);
  for (const adId of missing.keys()) {
    const base = stored.bases.get(adId) ?? null;
    const unfolded = (journal.get(adId) ?? []).filter(
      ({ position, minute }) =>
        position >= (stored.oldest ?? Infinity) && minute > (base?.until ?? -Infinity),
    );
    const minutes = summed([...(stored.minutes.get(adId) ?? []), ...unfolded.map(minuteOf)]);
    trails.set(adId, newTrail(base, minutes, stored.known.get(adId) ?? []));
    journal.delete(adId);
    unread.delete(adId);
  }
}

function minuteOf({ minute, lastAt, impressions, clicks }: JournalMinute): Minute {
  return { minute, lastAt, impressions, clicks };
}

function summed(minutes: readonly Minute[]): Minute[] {
  const sums = new Map<number, Minute>();
  for (const one of minutes) {
    const known = sums.get(one.minute);
    sums.set(one.minute, known ? together(known, one) : one);
  }
  return ascending([...sums.values()]);
}
