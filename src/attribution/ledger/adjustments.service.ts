// Refunds, cancellations, corrections and CRM stages that come after the conversion (or before it:
// an adjustment waits for its conversion).
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import {
  Clock,
  GroupCommit,
  MILLIS_PER_DAY,
  compileCheck,
  digestOfId,
  intakeAnswer,
  parseInstant,
  pseudonymousId,
  readItems,
  toMajor,
  toMinor,
  type GroupLimits,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from '../../shared/index.js';
import { adjustmentFault, adjustmentTimeFaults } from './adjustment-faults.js';
import {
  creditedInStages,
  digestsOf,
  findSubjects,
  insertAdjustments,
  replaceStages,
  type AdjustmentRow,
} from './adjustments.queries.js';
import { NewAdjustment, type StagesBody } from './adjustments.dto.js';
import { lockLedger, readStages } from './credits.queries.js';
import { CreditsService } from './credits.service.js';
import { ADJUSTMENT_DAYS_MAX, type Stage } from './net-worth.js';

const LIST = 'adjustments';
const RULES = { check: compileCheck(NewAdjustment), room: 'adjustments', list: LIST };

const TURNS: GroupLimits = { rowsMax: 1, waitingRowsMax: 10_000 };

@Injectable()
export class AdjustmentsService {
  // One at a time of each account: they wait here, not for its lock with a connection of the pool
  // each.
  private readonly turns = new GroupCommit<() => Promise<unknown>, unknown>(TURNS, (_, [work]) =>
    work!().then((answer) => [answer]),
  );

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly credits: CreditsService,
    private readonly clock: Clock,
  ) {}

  async take(account: Account, items: unknown[]): Promise<IntakeAnswer> {
    const { accountId } = account;
    const now = this.clock.now();
    const days = account.settings.retention_days.conversions;
    const oldest = new Date(now.getTime() - days * MILLIS_PER_DAY);
    const { good: rows, rejected } = await readItems<NewAdjustment, AdjustmentRow>(
      items,
      { ...RULES, further: (item) => adjustmentTimeFaults(item.occurred_at, oldest, now) },
      (item) => adjustmentFault(item, oldest, now) ?? rowOf(item, account.currency),
    );
    return this.alone(accountId, rows.length, async (manager) => {
      const found = await findSubjects(
        manager,
        accountId,
        rows.flatMap(({ item }) => [item.subject, digestOfSubject(item.subject)]),
      );
      const known = new Set(found.map(({ subject }) => subject));
      // A conversion that named its own person may stand under a digest of what looks like any id.
      for (const { item } of rows) {
        const digested = digestOfSubject(item.subject);
        if (!known.has(item.subject) && known.has(digested)) item.subject = digested;
      }
      const inTime = rows.filter(({ index, item }) => {
        const isLate = found.some(
          ({ subject, eventTime }) =>
            subject === item.subject &&
            item.occurredAt.getTime() > eventTime.getTime() + ADJUSTMENT_DAYS_MAX * MILLIS_PER_DAY,
        );
        if (isLate) rejected.push({ index, code: 'adjustments.too_late', detail: TOO_LATE });
        return !isLate;
      });
      const first = new Map<string, AdjustmentRow>();
      for (const { item } of inTime) {
        if (!first.has(item.adjustmentId)) first.set(item.adjustmentId, item);
      }
      const fresh = await insertAdjustments(manager, accountId, [...first.values()]);
      const stored = await digestsOf(manager, accountId, [...first.keys()]);
      rejected.push(...conflicts(inTime, stored));
      await this.credits.settle(
        manager,
        accountId,
        found.map(({ id }) => id),
      );
      const duplicates = items.length - fresh.size - rejected.length;
      return intakeAnswer(fresh.size, duplicates, rejected);
    });
  }

  async putStages(account: Account, { stages }: StagesBody) {
    const { accountId, currency } = account;
    const wanted = stages.map(({ stage, value, probability }) => ({
      stage: pseudonymousId(stage),
      valueMinor: toMinor(value, currency),
      probability,
    }));
    const { kept, settled } = await this.alone(accountId, 1, async (manager) => {
      const before = await readStages(manager, accountId);
      await replaceStages(manager, accountId, wanted);
      const kept = await readStages(manager, accountId);
      return { kept, settled: await this.settleStages(manager, accountId, before, kept) };
    });
    return {
      settled,
      stages: [...kept.values()].map(({ stage, valueMinor, probability }) => ({
        stage,
        value: toMajor(valueMinor, currency),
        probability,
        pipeline_value: toMajor(Math.round(valueMinor * probability), currency),
      })),
    };
  }

  /** With the ledger to itself. */
  private async alone<T>(
    accountId: string,
    rows: number,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const transaction = () =>
      this.database.transaction(async (manager) => {
        await lockLedger(manager, accountId, 'alone');
        return work(manager);
      });
    return (await this.turns.add(accountId, transaction, rows)) as T;
  }

  /** Conversions credited before are worth what their stage is worth now. */
  private async settleStages(
    manager: EntityManager,
    accountId: string,
    before: ReadonlyMap<string, Stage>,
    now: ReadonlyMap<string, Stage>,
  ): Promise<number> {
    const changed = changedStages(before, now);
    if (changed.length === 0) return 0;
    let settled = 0;
    let after = FIRST_UUID;
    for (;;) {
      const ids = await creditedInStages(manager, accountId, changed, after, SETTLED_MAX);
      settled += await this.credits.settle(manager, accountId, ids);
      if (ids.length < SETTLED_MAX) return settled;
      after = ids.at(-1)!;
    }
  }
}

/** Of one settlement; each holds what it settles in memory. */
const SETTLED_MAX = 5000;
const FIRST_UUID = '00000000-0000-0000-0000-000000000000';

const TOO_LATE = `/occurred_at lies more than ${ADJUSTMENT_DAYS_MAX} days after the conversion`;

function rowOf(item: NewAdjustment, currency: string): AdjustmentRow {
  const subject =
    item.event_id !== undefined
      ? `event:${pseudonymousId(item.event_id)}`
      : item.order_id !== undefined
        ? `order:${pseudonymousId(item.order_id)}`
        : `lead:${pseudonymousId(item.lead_id ?? '')}`;
  const content = {
    subject,
    kind: item.kind,
    valueDeltaMinor: item.value_delta === undefined ? null : toMinor(item.value_delta, currency),
    stage: item.stage === undefined ? null : pseudonymousId(item.stage),
    occurredAt: parseInstant(item.occurred_at) ?? new Date(NaN),
  };
  return {
    adjustmentId: pseudonymousId(item.adjustment_id),
    ...content,
    digest: createHash('sha256').update(JSON.stringify(content)).digest(),
  };
}

function changedStages(
  before: ReadonlyMap<string, Stage>,
  now: ReadonlyMap<string, Stage>,
): string[] {
  const names = new Set([...before.keys(), ...now.keys()]);
  return [...names].filter((name) => {
    const [a, b] = [before.get(name), now.get(name)];
    return a?.valueMinor !== b?.valueMinor || a?.probability !== b?.probability;
  });
}

function digestOfSubject(subject: string): string {
  const [kind = ''] = subject.split(':', 1);
  return `${kind}:${digestOfId(subject.slice(kind.length + 1))}`;
}

function conflicts(rows: Indexed<AdjustmentRow>[], stored: Map<string, Buffer>): Rejection[] {
  return rows
    .filter(({ item }) => stored.get(item.adjustmentId)?.equals(item.digest) === false)
    .map(({ index }) => ({
      index,
      code: 'adjustments.conflict',
      detail: 'this id already belongs to an adjustment with other content',
      pointer: `/adjustments/${index}/adjustment_id`,
    }));
}
