// The outbox of decisions: marked by whoever wants one carried out, emptied by execution on its own
// clock. One that cannot be queued is put aside with its cause and keeps no other waiting.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { MILLIS_PER_DAY, withoutPersonalData } from '../../shared/index.js';
import { movesInMinor, type DecisionToApply } from './decision-to-apply.js';
import type { ApplyMode } from './decided-scope.js';
import { readMoves } from './decisions.queries.js';

export interface DecisionRef {
  accountId: string;
  decisionId: string;
}

export interface QueueState {
  asOf: Date;
  queuedAt: Date | null;
  failure: string | null;
}

/** Amounts decided a day ago rest on yesterday's evidence and start from yesterday's budgets. */
const FRESH_MILLIS = MILLIS_PER_DAY;
/** Causes are shown in lists; a database's message can be a page long. */
const FAILURE_LENGTH_MAX = 500;

/** That a decision `n` was applied or waits, and not all of it was cancelled. */
const COUNTS = `n.apply_requested_at is not null and n.queue_failed_at is null
              and not exists (select from decision_changes c
                               where c.account_id = n.account_id
                                 and c.decision_id = n.decision_id and c.cancelled = c.changes)`;

@Injectable()
export class DecisionsToQueue {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** The oldest marks first. */
  async due(limit: number): Promise<DecisionRef[]> {
    const rows: { account_id: string; decision_id: string }[] = await this.database.query(
      `select account_id, decision_id from sampling_decisions
        where apply_requested_at is not null and queued_at is null and queue_failed_at is null
        order by apply_requested_at, decision_id limit $1`,
      [limit],
    );
    return rows.map((row) => ({ accountId: row.account_id, decisionId: row.decision_id }));
  }

  /**
   * The decision, locked for the caller's transaction; null when it is queued already, was put
   * aside, or another process is just queueing it.
   */
  async take(
    manager: EntityManager,
    { accountId, decisionId }: DecisionRef,
  ): Promise<DecisionToApply | null> {
    const rows: {
      as_of: Date;
      apply_requested_by: string;
      apply_mode: ApplyMode | null;
      currency: string;
    }[] = await manager.query(
      `select as_of, apply_requested_by, apply_mode, inputs->>'currency' as currency
         from sampling_decisions
        where account_id = $1 and decision_id = $2 and apply_requested_at is not null
          and queued_at is null and queue_failed_at is null
          for update skip locked`,
      [accountId, decisionId],
    );
    const [row] = rows;
    if (!row) return null;
    return {
      ...{ accountId, decisionId, asOf: row.as_of },
      requestedBy: row.apply_requested_by,
      needsApproval: row.apply_mode === 'approve',
      recommendations: movesInMinor(await readMoves(manager, accountId, decisionId), row.currency),
    };
  }

  async markQueued(manager: EntityManager, { accountId, decisionId }: DecisionRef): Promise<void> {
    await manager.query(
      `update sampling_decisions set queued_at = now()
        where account_id = $1 and decision_id = $2 and queued_at is null`,
      [accountId, decisionId],
    );
  }

  /** Puts a decision aside; marking it for applying once more tries it again. */
  async putAside({ accountId, decisionId }: DecisionRef, cause: string): Promise<void> {
    await this.database.query(
      `update sampling_decisions set queue_failed_at = now(), queue_failure = $3
        where account_id = $1 and decision_id = $2
          and apply_requested_at is not null and queued_at is null`,
      [accountId, decisionId, withoutPersonalData(cause).slice(0, FAILURE_LENGTH_MAX)],
    );
  }

  /** null where the account has no such decision. */
  async state({ accountId, decisionId }: DecisionRef): Promise<QueueState | null> {
    const rows: { as_of: Date; queued_at: Date | null; queue_failure: string | null }[] =
      await this.database.query(
        `select as_of, queued_at, queue_failure from sampling_decisions
          where account_id = $1 and decision_id = $2`,
        [accountId, decisionId],
      );
    const [row] = rows;
    return row ? { asOf: row.as_of, queuedAt: row.queued_at, failure: row.queue_failure } : null;
  }

  /**
   * Why a decision must not be carried out any more, or null: it is older than a day, or a newer
   * one of these ads was applied or waits. `now` is the account's own clock. A newer one whose
   * changes were all cancelled counts as never applied.
   */
  async staleness(
    { accountId, decisionId }: DecisionRef,
    now: Date,
    manager: EntityManager = this.database.manager,
  ): Promise<string | null> {
    const rows: { as_of: Date; newer: string | null }[] = await manager.query(
      `select d.as_of, newer.decision_id as newer
         from sampling_decisions d
         left join lateral (
           select n.decision_id from sampling_decisions n
            where n.account_id = d.account_id and n.as_of > d.as_of
              and ${COUNTS}
              and exists (select from unnest(n.ad_ids) theirs (ad_id)
                            join unnest(d.ad_ids) ours (ad_id) using (ad_id))
            order by n.as_of desc limit 1) newer on true
        where d.account_id = $1 and d.decision_id = $2`,
      [accountId, decisionId],
    );
    const [row] = rows;
    if (!row) return null;
    return overtaken(row.newer) ?? tooOld(row.as_of, now);
  }

  /** The same of one that is not recorded yet. */
  async stalenessOf(
    accountId: string,
    asOf: Date,
    adIds: readonly string[],
    now: Date,
  ): Promise<string | null> {
    const rows: { newer: string }[] = await this.database.query(
      `select n.decision_id as newer from sampling_decisions n
        where n.account_id = $1 and n.as_of > $2 and ${COUNTS} and n.ad_ids && $3::text[]
        order by n.as_of desc limit 1`,
      [accountId, asOf, adIds],
    );
    return overtaken(rows[0]?.newer ?? null) ?? tooOld(asOf, now);
  }

  /** Whether any decision of the account, in a plan or not, still waits for a person. */
  async awaitsApproval(accountId: string): Promise<boolean> {
    const rows: { waits: boolean }[] = await this.database.query(
      `select exists (select from decisions_awaiting_approval where account_id = $1) as waits`,
      [accountId],
    );
    return rows[0]?.waits ?? false;
  }

  /** Scopes of the account's plan that have a decision which still waits for a person. */
  async scopesAwaitingApproval(accountId: string): Promise<Set<string>> {
    const rows: { scope_id: string }[] = await this.database.query(
      `select distinct scope_id from decisions_awaiting_approval
        where account_id = $1 and scope_id is not null`,
      [accountId],
    );
    return new Set(rows.map(({ scope_id }) => scope_id));
  }
}

/** Why a decision made for `asOf` must not be carried out at `now`, whatever became of others. */
export function tooOld(asOf: Date, now: Date): string | null {
  if (now.getTime() - asOf.getTime() <= FRESH_MILLIS) return null;
  return `it was made for ${asOf.toISOString()}, more than a day before the account's present`;
}

function overtaken(newer: string | null): string | null {
  if (newer === null) return null;
  return `decision ${newer} is newer, decides on some of the same ads and was applied or waits`;
}
