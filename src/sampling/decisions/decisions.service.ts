// The record of decisions: written once, read for ever, and marked when they are to be applied.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import {
  Breather,
  Clock,
  DomainError,
  readTimeCursor,
  toPage,
  type Page,
  type PageQuery,
} from '../../shared/index.js';
import { deciding } from './decide.js';
import { POLICY_VERSION, type DecisionAnswer, type DecisionInputs } from './decision-answer.js';
import type { ApplyMode, DecidedScope } from './decided-scope.js';
import { summaryOf } from './decision-summary.js';
import { Decision } from './decision.entity.js';
import { decisionsBetween } from './decisions.queries.js';
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
  ...(['applyRequestedAt', 'queuedAt', 'queueFailedAt', 'queueFailure'] as const),
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
      queueFailedAt: null,
      queueFailure: null,
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
  async replay(decision: Decision): Promise<{ matches: boolean | null; reason?: string }> {
    const policy = policyNamed(decision.policy);
    const again = policy && (await new Breather().through(deciding(decision.inputs, policy)));
    if (JSON.stringify(again) === JSON.stringify(decision.answer)) return { matches: true };
    if (decision.policyVersion === POLICY_VERSION) return { matches: false };
    return {
      matches: null,
      reason: `Decided by version ${decision.policyVersion} of the policies; this server has version ${POLICY_VERSION}.`,
    };
  }

  /**
   * Marks a decision for execution; marking it again changes nothing, unless it was put aside: then
   * it is tried once more.
   */
  async requestApply(accountId: string, decisionId: string, by: string): Promise<void> {
    if (!(await this.decisions.existsBy({ accountId, decisionId }))) throw unknownDecision();
    await this.decisions.manager.query(
      `update sampling_decisions
          set apply_requested_at = $3, apply_requested_by = $4,
              queue_failed_at = null, queue_failure = null
        where account_id = $1 and decision_id = $2
          and (apply_requested_at is null or queue_failed_at is not null)`,
      [accountId, decisionId, this.clock.now(), by],
    );
  }
}

function unknownDecision(): DomainError {
  return new DomainError(404, 'sampling.unknown_decision', 'The account has no such decision.');
}
