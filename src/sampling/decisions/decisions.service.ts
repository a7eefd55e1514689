// The record of decisions: written once, read for ever, and marked when they are to be applied.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type EntityManager } from 'typeorm';
import {
  Clock,
  DomainError,
  readTimeCursor,
  toPage,
  type Page,
  type PageQuery,
} from '../../shared/index.js';
import { decide } from './decide.js';
import { POLICY_VERSION, type DecisionAnswer, type DecisionInputs } from './decision-answer.js';
import { movesInMinor, type DecisionToApply } from './decision-to-apply.js';
import type { ApplyMode, DecidedScope } from './decided-scope.js';
import { summaryOf } from './decision-summary.js';
import { Decision } from './decision.entity.js';
import {
  awaitingApproval,
  decisionsBetween,
  markForApplying,
  readMoves,
  readStanding,
  takeDue,
} from './decisions.queries.js';
import { policyNamed } from '../policies/policies.js';

export interface RecordRequest {
  requestedBy: string;
  applyMode: ApplyMode | null;
  scope?: DecidedScope;
}

/** What lists read of a decision. */
const LISTED = [
  ...(['accountId', 'decisionId', 'policy', 'policyVersion', 'asOf', 'seed', 'summary'] as const),
  ...(['totalBudgetMinor', 'scopeId', 'localDay', 'createdBy', 'createdAt'] as const),
  ...(['applyRequestedAt', 'queuedAt'] as const),
];
export type ListedDecision = Pick<Decision, (typeof LISTED)[number]>;

@Injectable()
export class DecisionsService {
  constructor(
    @InjectRepository(Decision) private readonly decisions: Repository<Decision>,
    private readonly clock: Clock,
  ) {}

  /** Keeps the decision and answers its id. */
  async record(
    accountId: string,
    inputs: DecisionInputs,
    answer: DecisionAnswer,
    request: RecordRequest,
  ): Promise<string> {
    const row = this.rowOf(accountId, inputs, answer, request);
    await this.decisions.insert(row);
    return row.decisionId;
  }

  /** The same for a scope of a plan; null when its local day has a decision already. */
  async recordForScope(
    accountId: string,
    inputs: DecisionInputs,
    answer: DecisionAnswer,
    request: RecordRequest & { scope: DecidedScope },
  ): Promise<string | null> {
    const row = this.rowOf(accountId, inputs, answer, request);
    const inserted = await this.decisions
      .createQueryBuilder()
      .insert()
      .values(row)
      .orIgnore()
      .returning('decision_id')
      .execute();
    return (inserted.raw as unknown[]).length > 0 ? row.decisionId : null;
  }

  /** Which of these scopes have a decision on their local day. */
  async decided(accountId: string, asked: readonly DecidedScope[]): Promise<DecidedScope[]> {
    const rows = await this.decisions.find({
      where: asked.map(({ scopeId, localDay }) => ({ accountId, scopeId, localDay })),
      select: { accountId: true, decisionId: true, scopeId: true, localDay: true },
    });
    return rows.map(({ scopeId, localDay }) => ({
      scopeId: scopeId ?? '',
      localDay: localDay ?? '',
    }));
  }

  /** Decisions as of a span of time, the newest first, and over how many ads each was made. */
  between(accountId: string, span: { from: Date; to: Date }, limit: number) {
    return decisionsBetween(this.decisions.manager, accountId, span, limit);
  }

  /**
   * Decisions of which something waits for a person: what the plan decides meanwhile would void it.
   * `now` is the account's clock, by which an approval lives a day.
   */
  awaitingApproval(accountId: string, now: Date) {
    return awaitingApproval(this.decisions.manager, accountId, now);
  }

  private rowOf(
    accountId: string,
    inputs: DecisionInputs,
    answer: DecisionAnswer,
    { requestedBy, applyMode, scope }: RecordRequest,
  ): Decision {
    const now = this.clock.now();
    return {
      accountId,
      decisionId: `dec_${randomBytes(12).toString('base64url')}`,
      policy: answer.policy,
      policyVersion: POLICY_VERSION,
      asOf: new Date(inputs.allocation.asOf),
      seed: inputs.allocation.seed,
      totalBudgetMinor: inputs.allocation.totalMinor,
      inputs,
      answer,
      summary: summaryOf(answer),
      adIds: answer.recommendations.map(({ ad_id }) => ad_id),
      scopeId: scope?.scopeId ?? null,
      localDay: scope?.localDay ?? null,
      createdBy: requestedBy,
      createdAt: now,
      applyMode,
      applyRequestedAt: applyMode === null ? null : now,
      applyRequestedBy: applyMode === null ? null : requestedBy,
      queuedAt: null,
    };
  }

  /** Newest first, without what grows with the account. */
  async list(accountId: string, page: PageQuery): Promise<Page<ListedDecision>> {
    const after = readTimeCursor(page.cursor);
    const query = this.decisions
      .createQueryBuilder('decision')
      .select(LISTED.map((column) => `decision.${column}`))
      .where('decision.accountId = :accountId', { accountId })
      .orderBy('decision.createdAt', 'DESC')
      .addOrderBy('decision.decisionId', 'DESC')
      .limit(page.limit + 1);
    if (after) {
      query.andWhere('(decision.createdAt, decision.decisionId) < (:at::timestamptz, :id)', {
        at: after.at,
        id: after.id,
      });
    }
    const rows: ListedDecision[] = await query.getMany();
    const sortKey = (row: ListedDecision) => [row.createdAt.toISOString(), row.decisionId];
    return toPage(rows, page.limit, sortKey, (row) => row);
  }

  /** 404 for another account's decision as well. */
  async one(accountId: string, decisionId: string): Promise<Decision> {
    const decision = await this.decisions.findOneBy({ accountId, decisionId });
    if (decision) return decision;
    throw unknownDecision();
  }

  /**
   * Whether the stored inputs still give the stored answer, to the byte. Unknown (null) where
   * another version of the policies decided and this one would decide otherwise.
   */
  replay(decision: Decision): { matches: boolean | null; reason?: string } {
    const policy = policyNamed(decision.policy);
    const again = policy && decide(decision.inputs, policy);
    if (JSON.stringify(again) === JSON.stringify(decision.answer)) return { matches: true };
    if (decision.policyVersion === POLICY_VERSION) return { matches: false };
    return {
      matches: null,
      reason: `Decided by version ${decision.policyVersion} of the policies; this server has version ${POLICY_VERSION}.`,
    };
  }

  /**
   * Marks a decision for execution; marking it again changes nothing. `now` is the account's clock.
   * @throws DomainError 409 `sampling.decision_stale` when a newer decision of one of its ads was
   * applied or waits, or it is older than a day: its amounts answer to budgets of another time.
   */
  async requestApply(accountId: string, decisionId: string, by: string, now: Date): Promise<void> {
    await this.decisions.manager.transaction(async (manager) => {
      const standing = await readStanding(manager, accountId, decisionId, now);
      if (!standing) throw unknownDecision();
      if (standing.isRequested) return;
      if (standing.newer !== null) {
        throw stale(`Decision ${standing.newer} is newer and about the same ads.`);
      }
      if (standing.isOld) throw stale('The decision is older than a day.');
      await markForApplying(manager, accountId, decisionId, { by, at: this.clock.now() });
    });
  }

  /** Since when a decision is queued; null while it is not. */
  async queuedAt(accountId: string, decisionId: string): Promise<Date | null> {
    const found = await this.decisions.findOne({
      where: { accountId, decisionId },
      select: { accountId: true, decisionId: true, queuedAt: true },
    });
    return found?.queuedAt ?? null;
  }

  /** Decisions that wait to be queued, locked for the caller's transaction. */
  async takeForQueueing(manager: EntityManager, limit: number): Promise<DecisionToApply[]> {
    const taken: DecisionToApply[] = [];
    for (const { applyMode, currency, ...due } of await takeDue(manager, limit)) {
      const moves = await readMoves(manager, due.accountId, due.decisionId);
      const needsApproval = applyMode === 'approve';
      taken.push({ ...due, needsApproval, recommendations: movesInMinor(moves, currency) });
    }
    return taken;
  }

  async markQueued(manager: EntityManager, accountId: string, decisionId: string): Promise<void> {
    await manager.query(
      `update sampling_decisions set queued_at = now()
        where account_id = $1 and decision_id = $2 and queued_at is null`,
      [accountId, decisionId],
    );
  }
}

function unknownDecision(): DomainError {
  return new DomainError(404, 'sampling.unknown_decision', 'The account has no such decision.');
}

function stale(why: string): DomainError {
  return new DomainError(409, 'sampling.decision_stale', `${why} Decide anew and apply that.`);
}
