// What the ads of an account wait with, kept in memory from one transaction to the next. The
// position in the account's journal tells whether it is still true: what other processes wrote is
// caught up on.
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newPairing, type AdPairing } from './ad-watch.js';
import { readFolded, readJournal } from './waits.queries.js';

interface AccountWaits {
  position: number;
  pairings: Map<string, AdPairing>;
}

/** Ads of all accounts that are remembered, some fifty megabytes; the others are read again. */
const ADS_MAX = 250_000;

@Injectable()
export class AdWaits {
  /** The account used last comes last. */
  private readonly kept = new Map<string, AccountWaits>();
  private readonly open = new Map<string, AccountWaits>();
  private ads = 0;

  /**
   * Those of the ads, and perhaps of others, as they stand at `position`. They are the caller's to
   * change and count from `committed` on; without that, `begin` forgets them. The caller holds
   * `lockLearning` and runs one transaction of an account at a time.
   */
  async at(
    manager: EntityManager,
    accountId: string,
    position: number,
    adIds: string[],
  ): Promise<Map<string, AdPairing>> {
    const waits = await this.caughtUp(manager, accountId, position);
    const { pairings } = waits;
    const missing = adIds.filter((adId) => !pairings.has(adId));
    // After the journal: what is folded between the two looks is seen twice and not missed.
    const folded = await readFolded(manager, accountId, missing);
    for (const adId of missing) pairings.set(adId, folded.get(adId) ?? newPairing());
    this.open.set(accountId, waits);
    return pairings;
  }

  /**
   * A transaction of the account begins: what one before it asked for and did not commit is void.
   */
  begin(accountId: string): void {
    this.open.delete(accountId);
  }

  /** The transaction that asked last for the account's ads stands, one position further. */
  committed(accountId: string): void {
    const waits = this.open.get(accountId);
    if (!waits) return;
    this.open.delete(accountId);
    this.kept.set(accountId, { ...waits, position: waits.position + 1 });
    this.ads += waits.pairings.size;
    for (const [oldest] of this.kept) {
      if (this.ads <= ADS_MAX) break;
      this.take(oldest);
    }
  }

  /** How many of the account's ads are remembered. */
  count(accountId: string): number {
    return this.kept.get(accountId)?.pairings.size ?? 0;
  }

  private async caughtUp(
    manager: EntityManager,
    accountId: string,
    position: number,
  ): Promise<AccountWaits> {
    const known = this.take(accountId);
    if (known?.position === position) return known;
    if (known) {
      const { pairings, positions } = await readJournal(manager, accountId, known.position);
      // Fewer: some are folded already, and nobody can tell which ads they spoke of.
      if (positions === position - known.position) {
        for (const [adId, pairing] of pairings) known.pairings.set(adId, pairing);
        return { ...known, position };
      }
    }
    return { position, pairings: (await readJournal(manager, accountId, -1)).pairings };
  }

  private take(accountId: string): AccountWaits | null {
    const waits = this.kept.get(accountId);
    if (!waits) return null;
    this.kept.delete(accountId);
    this.ads -= waits.pairings.size;
    return waits;
  }
}
