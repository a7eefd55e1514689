import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AdStatus, ChangeType } from '../../platforms/index.js';
import { bigintColumn } from '../../shared/index.js';
import type { AttemptOutcome } from './change-states.js';
import type { ObjectImage } from './object-image.js';

/** One write that was sent, or was about to be when the process died. */
@Entity('ad_change_history')
export class AdChangeAttempt {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text', { name: 'change_id' })
  changeId: string;

  @PrimaryColumn('integer')
  attempt: number;

  @Column('text', { name: 'ad_id' })
  adId: string;

  @Column('text', { name: 'campaign_id' })
  campaignId: string;

  @Column('text', { name: 'change_type' })
  changeType: ChangeType;

  @Column('timestamptz')
  at: Date;

  /** On the account's own clock: what the guards' windows compare. */
  @Column('timestamptz', { name: 'effective_at' })
  effectiveAt: Date;

  @Column('text')
  mode: 'single' | 'batch';

  @Column('text', { name: 'batch_id', nullable: true })
  batchId: string | null;

  @Column('text')
  worker: string;

  @Column('text', { name: 'requested_by' })
  requestedBy: string;

  @Column('text')
  outcome: AttemptOutcome;

  @Column('text', { nullable: true })
  error: string | null;

  @Column('text', { name: 'fbtrace_id', nullable: true })
  fbtraceId: string | null;

  @Column('integer', { name: 'duration_ms', nullable: true })
  durationMs: number | null;

  @Column('jsonb', { name: 'before_image', nullable: true })
  beforeImage: ObjectImage | null;

  @Column('jsonb', { name: 'after_image', nullable: true })
  afterImage: ObjectImage | null;

  @Column(bigintColumn('requested_minor'))
  requestedMinor: number | null;

  @Column('text', { name: 'requested_status', nullable: true })
  requestedStatus: AdStatus | null;

  @Column('text', { nullable: true })
  reason: string | null;

  @Column('text', { name: 'decision_id', nullable: true })
  decisionId: string | null;

  @Column('double precision', { nullable: true })
  confidence: number | null;

  @Column('text', { name: 'approved_by', nullable: true })
  approvedBy: string | null;

  /** The most that could be spent more until the next decision; null = not known. */
  @Column(bigintColumn('worst_case_extra_minor'))
  worstCaseExtraMinor: number | null;
}
