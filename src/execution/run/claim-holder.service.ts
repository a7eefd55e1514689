// What this process holds: claims under names of its own, whose leases are renewed while it works.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Log } from '../../shared/index.js';
import type { AdChange } from '../objects/change.entity.js';
import { claimChanges, renewLeases } from '../queue/claims.queries.js';

/** Three renewals fit into a lease, so one that is lost on the way costs nothing. */
const RENEW_MILLIS = 8000;

export type Claim = (accountId: string, limit: number) => Promise<AdChange[]>;

@Injectable()
export class ClaimHolder {
  private readonly process = randomUUID();
  private names = 0;
  private readonly held = new Set<string>();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly log: Log,
  ) {}

  /**
   * Lets work claim under a name of its own. What it still holds afterwards is not renewed any more
   * and swept when its lease has lapsed.
   */
  async holding<T>(work: (claim: Claim) => Promise<T>): Promise<T> {
    this.names += 1;
    const name = `${this.process}/${this.names}`;
    this.held.add(name);
    try {
      return await work((accountId, limit) =>
        claimChanges(this.database.manager, name, limit, accountId),
      );
    } finally {
      this.held.delete(name);
    }
  }

  /** Renews everything held for as long as the work takes. */
  async renewing<T>(work: () => Promise<T>): Promise<T> {
    const renewal = setInterval(() => void this.renew(), RENEW_MILLIS);
    try {
      return await work();
    } finally {
      clearInterval(renewal);
    }
  }

  private async renew(): Promise<void> {
    if (this.held.size === 0) return;
    try {
      await renewLeases(this.database.manager, [...this.held]);
    } catch (error) {
      // The lease may lapse; the mark before every write asks the database whether it has.
      this.log.root.warn({ err: error }, 'leases of changes not renewed');
    }
  }
}
