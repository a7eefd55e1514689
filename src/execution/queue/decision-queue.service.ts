// Picks up the decisions that sampling marked for applying and turns them into changes. A later
// stage asks; the earlier one never calls forwards. Each decision has a transaction of its own: one
// that cannot be queued is put aside with its cause, and the others go on. Called by `executor` at
// the start of a pass; hands on to `change-intake`.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AccountScope,
  AccountsService,
  type Account,
  type AccountFailure,
} from '../../accounts/index.js';
import {
  DecisionsToQueue,
  STALE_DECISION,
  StaleDecision,
  type DecisionRef,
  type DecisionToApply,
} from '../../sampling/index.js';
import { DomainError, Log, isUnavailable } from '../../shared/index.js';
import { ChangeIntake } from './change-intake.service.js';
import { decisionChanges } from './decision-changes.js';
import { supersedeEarlierDecisions } from './supersede-decisions.queries.js';

/** Asked for at a time; a decision of a large account is a thousand changes already. */
const DECISIONS_PER_LOOK = 20;
/** Queueing takes milliseconds; after two seconds the answer says what there is. */
const LOOKS_MAX = 40;
const LOOK_PAUSE_MILLIS = 50;

/** Of one round; a decision that another process is just queueing is in neither. */
export interface QueueCounts {
  /** Changes that came of decisions. */
  queued: number;
  /** Decisions put aside, by their accounts. */
  failed: AccountFailure[];
}

@Injectable()
export class DecisionQueue {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly decisions: DecisionsToQueue,
    private readonly accounts: AccountsService,
    private readonly scope: AccountScope,
    private readonly intake: ChangeIntake,
    private readonly log: Log,
  ) {}

  /** Queues every marked decision. Rounds of one process follow one another. */
  queueDue(): Promise<QueueCounts> {
    const round = this.last.then(() => this.round());
    this.last = round.catch(() => undefined);
    return round;
  }

  /**
   * Queues this decision alone, and waits for another process that may just be queueing it.
   * @throws DomainError 409 `sampling.decision_stale` or 422 `execution.decision_not_queued`
   */
  async queueNow(accountId: string, decisionId: string): Promise<void> {
    const ref = { accountId, decisionId };
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      await this.queueOrPutAside(ref);
      const state = await this.decisions.state(ref);
      if (!state || state.queuedAt !== null) return;
      if (state.failure !== null) throw notQueued(state.failure);
      await new Promise((resolve) => setTimeout(resolve, LOOK_PAUSE_MILLIS));
    }
  }

  /**
   * @throws DomainError 409 `sampling.decision_stale` where it is too late for a decision; one that
   * was queued already is answered by its changes.
   */
  async refuseStale(account: Account, decisionId: string): Promise<void> {
    const ref = { accountId: account.accountId, decisionId };
    const state = await this.decisions.state(ref);
    if (!state || state.queuedAt !== null) return;
    const stale = await this.decisions.staleness(ref, await this.scope.now(account));
    if (stale !== null) throw new StaleDecision(stale);
  }

  private async round(): Promise<QueueCounts> {
    const counts: QueueCounts = { queued: 0, failed: [] };
    const seen = new Set<string>();
    for (;;) {
      const due = await this.decisions.due(seen.size + DECISIONS_PER_LOOK);
      const fresh = due.filter((ref) => !seen.has(keyOf(ref)));
      if (fresh.length === 0) return counts;
      for (const ref of fresh) {
        seen.add(keyOf(ref));
        const made = await this.queueOrPutAside(ref);
        if (typeof made === 'number') counts.queued += made;
        else counts.failed.push(made);
      }
    }
  }

  /** How many changes it made. What the database alone makes fail is left for the next time. */
  private async queueOrPutAside(ref: DecisionRef): Promise<number | AccountFailure> {
    try {
      return await this.queue(ref);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      const cause = error instanceof Error ? error.message : String(error);
      await this.decisions.putAside(ref, cause);
      const about = { account_id: ref.accountId, decision_id: ref.decisionId };
      // A refusal is an answer, and shown as one; only what nobody foresaw is an error.
      if (error instanceof DomainError) {
        this.log.root.info({ ...about, code: error.code, cause }, 'decision put aside');
      } else {
        this.log.root.error({ err: error, ...about }, 'decision put aside');
      }
      const told = `decision ${ref.decisionId} was put aside: ${cause}`;
      return { account_id: ref.accountId, error: told, cause: error };
    }
  }

  private async queue(ref: DecisionRef): Promise<number> {
    const account = await this.accounts.byId(ref.accountId);
    return this.database.transaction(async (manager) => {
      const decision = await this.decisions.take(manager, ref);
      if (!decision) return 0;
      const stale = await this.decisions.staleness(
        ...([ref, await this.scope.now(account, manager), manager] as const),
      );
      if (stale !== null) throw new StaleDecision(stale);
      const items = decisionChanges(decision);
      const adIds = items.map((item) => item.adId);
      const preconditions = await this.intake.preconditions(account, adIds, manager);
      const results = await this.intake.take(
        manager,
        account,
        items,
        preconditions,
        requestOf(decision),
      );
      await supersedeEarlierDecisions(manager, decision);
      await this.decisions.markQueued(manager, ref);
      return results.filter((result) => result.kind === 'accepted').length;
    });
  }
}

function notQueued(failure: string): DomainError {
  if (failure.startsWith(STALE_DECISION))
    return new DomainError(409, 'sampling.decision_stale', failure);
  const detail = `The decision was put aside because it could not be queued: ${failure}`;
  return new DomainError(422, 'execution.decision_not_queued', detail);
}

function requestOf({ requestedBy, decisionId, asOf, needsApproval }: DecisionToApply) {
  return {
    origin: 'decision',
    requestedBy,
    decisionId,
    decisionAsOf: asOf,
    needsApproval,
  } as const;
}

function keyOf({ accountId, decisionId }: DecisionRef): string {
  return JSON.stringify([accountId, decisionId]);
}
