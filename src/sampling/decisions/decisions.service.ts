// The record of decisions: written once, read for ever, and marked when they are to be applied.
import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import {
  Breather,
  Clock,
  DomainError,
  jsonPieces,
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
import { readInputs, readText, textValues } from './decision-texts.queries.js';
import { decisionsBetween, readMove, type DecidedMove } from './decisions.queries.js';
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

/** Without its texts, which can be large. */
export type DecisionRow = Omit<Decision, 'inputs' | 'answer'>;

export interface Replay {
  matches: boolean | null;
  reason?: string;
}

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
    await this.insert(row, { inputs, answer });
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
    return (await this.insert(row, { inputs, answer })) ? row.decisionId : null;
  }

  /** Whether it was new. */
  private async insert(
    row: DecisionRow,
    said: { inputs: DecisionInputs; answer: DecisionAnswer },
  ): Promise<boolean> {
    const breather = new Breather();
    const texts = {
      inputs: await breather.through(jsonPieces(said.inputs)),
      answer: await breather.through(jsonPieces(said.answer)),
    };
    return this.decisions.manager.transaction(async (manager) => {
      const { expressions, parameters } = await textValues(manager, texts);
      const inserted = await manager
        .createQueryBuilder()
        .insert()
        .into(Decision)
        .values({ ...row, ...expressions })
        .setParameters(parameters)
        .orIgnore()
        .returning('decision_id')
        .execute();
      return (inserted.raw as unknown[]).length > 0;
    });
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
  ): DecisionRow {
    const now = this.clock.now();
    return {
      accountId,
      decisionId: `dec_${randomBytes(12).toString('base64url')}`,
      policy: answer.policy,
      policyVersion: POLICY_VERSION,
      asOf: new Date(inputs.allocation.asOf),
      seed: inputs.allocation.seed,
      totalBudgetMinor: inputs.allocation.totalMinor,
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

  /** Without its texts; 404 for another account's decision as well. */
  async one(accountId: string, decisionId: string): Promise<DecisionRow> {
    const decision = await this.decisions.findOneBy({ accountId, decisionId });
    if (decision) return decision;
    throw unknownDecision();
  }

  /** Inputs or answer of a decision, as they were stored. */
  async textOf(part: 'inputs' | 'answer', { accountId, decisionId }: DecisionRow) {
    return found(await readText(this.decisions.manager, part, accountId, decisionId));
  }

  async inputsOf(accountId: string, decisionId: string): Promise<DecisionInputs> {
    return found(await readInputs(this.decisions.manager, accountId, decisionId));
  }

  /** What a decision says of one ad; null where it says nothing. */
  moveOf(accountId: string, decisionId: string, adId: string): Promise<DecidedMove | null> {
    return readMove(this.decisions.manager, { accountId, decisionId, adId });
  }

  /**
   * Whether the stored inputs still give the stored answer, to the byte. Unknown (null) where
   * another version of the policies decided and this one would decide otherwise.
   */
  async replay(decision: DecisionRow): Promise<Replay> {
    const policy = policyNamed(decision.policy);
    const breather = new Breather();
    const inputs = await this.inputsOf(decision.accountId, decision.decisionId);
    const again = policy && (await breather.through(deciding(inputs, policy)));
    const pieces = again && (await breather.through(jsonPieces(again)));
    const stored = await this.textOf('answer', decision);
    const sums = [pieces ?? [], stored].map((of) => breather.through(checkSum(of)));
    const [made, kept] = await Promise.all(sums);
    if (made === kept) return { matches: true };
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

function found<T>(read: T | null): T {
  if (read === null) throw unknownDecision();
  return read;
}

function* checkSum(pieces: readonly Buffer[]): Generator<void, string> {
  const hash = createHash('sha256');
  for (const piece of pieces) {
    hash.update(piece);
    yield;
  }
  return hash.digest('hex');
}

function unknownDecision(): DomainError {
  return new DomainError(404, 'sampling.unknown_decision', 'The account has no such decision.');
}
