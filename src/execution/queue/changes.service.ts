// Changes as callers see them: post, list, approve, cancel.
import { Injectable } from '@nestjs/common';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { DataSource, In, Repository } from 'typeorm';
import { AccountScope, type Account } from '../../accounts/index.js';
import {
  DomainError,
  compileCheck,
  intakeAnswer,
  invalidInput,
  parseInstant,
  readCursor,
  sortOut,
  toPage,
  type Indexed,
  type IntakeAnswer,
  type Page,
} from '../../shared/index.js';
import { DecisionsService } from '../../sampling/index.js';
import { AdChangeAttempt } from '../objects/change-attempt.entity.js';
import { AdChange } from '../objects/change.entity.js';
import { expireApprovals } from './approvals.queries.js';
import type { ChangeState } from '../objects/change-states.js';
import { changeValues, isChangeFault, type ChangeValues } from './change-input.js';
import { ChangeIntake } from './change-intake.service.js';
import { NewChange, type ChangesQuery } from './changes.dto.js';
import type { DecidedMove } from './show-change.js';

const checkChange = compileCheck(NewChange, { unknown: 'refused' });

export interface ChangesAnswer extends IntakeAnswer {
  /** `ids[i]` belongs to the i-th change; null for a rejected one. */
  ids: (string | null)[];
}

@Injectable()
export class ChangesService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @InjectRepository(AdChange) private readonly changes: Repository<AdChange>,
    @InjectRepository(AdChangeAttempt) private readonly attempts: Repository<AdChangeAttempt>,
    private readonly intake: ChangeIntake,
    private readonly scope: AccountScope,
    private readonly decisions: DecisionsService,
  ) {}

  /** Partial intake; a request of one item whose key belongs to other content is a 409. */
  async post(account: Account, items: unknown[], requestedBy: string): Promise<ChangesAnswer> {
    const { good, rejected } = await sortOut<NewChange>(
      items,
      checkChange,
      'execution.invalid',
      'changes',
      (item) => {
        const value = changeValues(item, account.currency);
        if (!isChangeFault(value)) return [];
        return [{ pointer: `/${value.field}`, detail: value.detail }];
      },
    );
    const values: Indexed<ChangeValues>[] = [];
    const reject = (index: number, fault: { code: string; detail: string; field: string }) => {
      const { code, detail, field } = fault;
      rejected.push({ index, code, detail, pointer: `/changes/${index}/${field}` });
    };
    for (const { index, item } of good) {
      const value = changeValues(item, account.currency);
      if (isChangeFault(value)) reject(index, value);
      else values.push({ index, item: value });
    }
    const taken = values.map(({ item }) => item);
    const preconditions = await this.intake.preconditions(
      account,
      taken.map((item) => item.adId),
    );
    const results = await this.database.transaction((manager) =>
      this.intake.take(manager, account, taken, preconditions, { origin: 'manual', requestedBy }),
    );
    const ids: (string | null)[] = items.map(() => null);
    let accepted = 0;
    results.forEach((result, position) => {
      const index = values[position]?.index ?? 0;
      if (result.kind === 'rejected') return reject(index, result);
      ids[index] = result.kind === 'accepted' ? result.row.id : result.id;
      if (result.kind === 'accepted') accepted += 1;
    });
    const [only] = rejected;
    if (items.length === 1 && only?.code === 'execution.key_conflict') {
      throw new DomainError(409, only.code, `${only.detail}.`, {
        errors: [{ pointer: only.pointer ?? '', detail: only.detail }],
      });
    }
    const duplicates = results.filter((result) => result.kind === 'duplicate').length;
    return { ...intakeAnswer(accepted, duplicates, rejected), ids };
  }

  /** Newest first. */
  async list(accountId: string, query: ChangesQuery): Promise<Page<AdChange>> {
    const after = readAfter(query.cursor);
    const rows = this.changes
      .createQueryBuilder('change')
      .addSelect(
        `to_char(change.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
        'exact',
      )
      .where('change.accountId = :accountId', { accountId })
      .orderBy('change.createdAt', 'DESC')
      .addOrderBy('change.id', 'DESC')
      .limit(query.limit + 1);
    if (query.status) rows.andWhere('change.status = :status', { status: query.status });
    if (query.ad_id) rows.andWhere('change.adId = :adId', { adId: query.ad_id });
    if (query.decision_id) {
      rows.andWhere('change.decisionId = :decisionId', { decisionId: query.decision_id });
    }
    if (after) rows.andWhere('(change.createdAt, change.id) < (:at::timestamptz, :id)', after);
    const { entities, raw } = await rows.getRawAndEntities<{ exact: string }>();
    // Microseconds matter: the changes of one request lie that close together.
    const exact = new Map(entities.map((change, i) => [change.id, raw[i]?.exact ?? '']));
    const sortKey = (change: AdChange) => [exact.get(change.id) ?? '', change.id];
    return toPage(entities, query.limit, sortKey, (change) => change);
  }

  /** 404 for another account's change as well. */
  async one(accountId: string, id: string): Promise<AdChange> {
    const change = await this.changes.findOneBy({ accountId, id });
    if (change) return change;
    throw new DomainError(404, 'execution.unknown_change', 'The account has no such change.');
  }

  async attemptsOf(accountId: string, changeId: string): Promise<AdChangeAttempt[]> {
    return this.attempts.find({ where: { accountId, changeId }, order: { attempt: 'asc' } });
  }

  /** What the change's decision says of it; null without one. */
  async decidedMove({ accountId, decisionId, adId }: AdChange): Promise<DecidedMove | null> {
    if (decisionId === null) return null;
    return this.decisions.moveOf(accountId, decisionId, adId);
  }

  async ofDecision(accountId: string, decisionId: string): Promise<AdChange[]> {
    const order = { createdAt: 'asc', id: 'asc' } as const;
    return this.changes.find({ where: { accountId, decisionId }, order });
  }

  /** Approving again changes nothing. 409 in any other state, and when it is too late. */
  async approve(account: Account, id: string, by: string): Promise<AdChange> {
    const { accountId } = account;
    await expireApprovals(this.database.manager, accountId, await this.scope.now(account));
    const approved = await this.changes.update(
      { accountId, id, status: 'awaiting_approval' },
      {
        ...{ status: 'pending', approvedBy: by, approvedAt: () => 'now()' },
        ...{ blockedBy: null, detail: null, updatedAt: () => 'now()' },
        approvalExpiresAt: null,
      },
    );
    const change = await this.one(accountId, id);
    if (approved.affected || change.approvedBy !== null) return change;
    if (change.blockedBy === 'execution.approval_expired') {
      throw wrongState(change.blockedBy, change, change.detail ?? 'its time is over');
    }
    throw wrongState(
      'execution.not_awaiting_approval',
      change,
      'only one that awaits approval can be approved',
    );
  }

  /** Until the write goes out; cancelling again changes nothing. */
  async cancel(accountId: string, id: string, by: string): Promise<AdChange> {
    const cancellable: ChangeState[] = ['awaiting_approval', 'pending', 'claimed'];
    const cancelled = await this.changes.update(
      { accountId, id, status: In(cancellable) },
      {
        ...{ status: 'cancelled', detail: `cancelled by ${by}`, finishedAt: () => 'now()' },
        ...{ claimedBy: null, leaseUntil: null, notBefore: null, notBeforeEffective: null },
        ...{ blockedBy: null, updatedAt: () => 'now()' },
      },
    );
    const change = await this.one(accountId, id);
    if (cancelled.affected || change.status === 'cancelled') return change;
    throw wrongState('execution.not_cancellable', change, 'it can only be undone');
  }
}

export function wrongState(code: string, change: AdChange, rule: string): DomainError {
  return new DomainError(409, code, `The change is ${change.status}: ${rule}.`);
}

function readAfter(cursor: string | undefined): { at: string; id: string } | null {
  const [at, id] = readCursor(cursor, 2) ?? [];
  if (at === undefined || id === undefined) return null;
  if (parseInstant(at)) return { at, id };
  throw invalidInput([
    { pointer: '/cursor', detail: 'must be the next_cursor of an earlier page' },
  ]);
}
