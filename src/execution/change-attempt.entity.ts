import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ChangeType } from '../platforms/index.js';
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
}
