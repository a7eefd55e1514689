import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../shared/index.js';
import type { DecisionAnswer, DecisionInputs } from './decision-answer.js';
import type { DecisionSummary } from './decision-summary.js';

/** A budget decision as it left: inputs, seed and answer. */
@Entity('sampling_decisions')
export class Decision {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text', { name: 'decision_id' })
  decisionId: string;

  @Column('text')
  policy: string;

  @Column('text', { name: 'policy_version' })
  policyVersion: string;

  @Column('timestamptz', { name: 'as_of' })
  asOf: Date;

  @Column(bigintColumn('seed', false))
  seed: number;

  @Column(bigintColumn('total_budget_minor', false))
  totalBudgetMinor: number;

  /**
   * json, not jsonb: a replay compares bytes, and jsonb would reorder them. Read and written in
   * pieces.
   */
  @Column('json', { select: false })
  inputs: DecisionInputs;

  @Column('json', { select: false })
  answer: DecisionAnswer;

  /** Of the answer, for lists: an answer of ten thousand ads is eight megabytes. */
  @Column('json')
  summary: DecisionSummary;

  /** The ads with a recommendation. */
  @Column('text', { name: 'ad_ids', array: true })
  adIds: string[];

  /** Set for a decision of the plan: one per scope and local day. */
  @Column('text', { name: 'scope_id', nullable: true })
  scopeId: string | null;

  @Column('date', { name: 'local_day', nullable: true })
  localDay: string | null;

  @Column('text', { name: 'created_by' })
  createdBy: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('text', { name: 'apply_mode', nullable: true })
  applyMode: 'live' | 'approve' | null;

  @Column('timestamptz', { name: 'apply_requested_at', nullable: true })
  applyRequestedAt: Date | null;

  @Column('text', { name: 'apply_requested_by', nullable: true })
  applyRequestedBy: string | null;

  @Column('timestamptz', { name: 'queued_at', nullable: true })
  queuedAt: Date | null;

  /** Set when the decision could not be queued and was put aside. */
  @Column('timestamptz', { name: 'queue_failed_at', nullable: true })
  queueFailedAt: Date | null;

  @Column('text', { name: 'queue_failure', nullable: true })
  queueFailure: string | null;
}
