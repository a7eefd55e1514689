import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AdStatus, ChangeType } from '../../platforms/index.js';
import { bigintColumn } from '../../shared/index.js';
import type { ChangeOrigin, ChangeState } from './change-states.js';
import type { ObjectImage } from './object-image.js';

/** One requested change of one object, from the door to its end. Amounts in minor units. */
@Entity('pending_ad_changes')
export class AdChange {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text')
  id: string;

  @Column('text', { name: 'idempotency_key' })
  idempotencyKey: string;

  @Column('bytea', { name: 'content_digest' })
  contentDigest: Buffer;

  @Column('text', { name: 'ad_id' })
  adId: string;

  @Column('text', { name: 'campaign_id' })
  campaignId: string;

  @Column('text', { name: 'change_type' })
  changeType: ChangeType;

  @Column(bigintColumn('requested_minor'))
  requestedMinor: number | null;

  @Column('text', { name: 'requested_status', nullable: true })
  requestedStatus: AdStatus | null;

  @Column(bigintColumn('current_minor'))
  currentMinor: number | null;

  @Column('text', { name: 'current_status', nullable: true })
  currentStatus: AdStatus | null;

  @Column('text', { nullable: true })
  reason: string | null;

  @Column('double precision', { nullable: true })
  confidence: number | null;

  @Column('text', { name: 'decision_id', nullable: true })
  decisionId: string | null;

  /** The instant that the decision was made for, on the account's own clock. */
  @Column('timestamptz', { name: 'decision_as_of', nullable: true })
  decisionAsOf: Date | null;

  @Column('text', { name: 'undo_of', nullable: true })
  undoOf: string | null;

  @Column('text')
  origin: ChangeOrigin;

  @Column('text', { name: 'requested_by' })
  requestedBy: string;

  @Column('text')
  status: ChangeState;

  /** Follows from the status in the database; what the indexes of live changes go by. */
  @Column({ type: 'text', insert: false, update: false })
  stage: 'asked' | 'queued' | 'sent' | 'ended';

  /** By the server's clock. */
  @Column('timestamptz', { name: 'not_before', nullable: true })
  notBefore: Date | null;

  /** The same wait on the account's own clock; only simulated accounts are released by it. */
  @Column('timestamptz', { name: 'not_before_effective', nullable: true })
  notBeforeEffective: Date | null;

  @Column('text', { name: 'blocked_by', nullable: true })
  blockedBy: string | null;

  @Column('text', { nullable: true })
  detail: string | null;

  /** What a person who posted this should know; the same rules hold back an automatic change. */
  @Column('jsonb', { nullable: true })
  warnings: { code: string; detail: string }[] | null;

  @Column('text', { name: 'approved_by', nullable: true })
  approvedBy: string | null;

  @Column('timestamptz', { name: 'approved_at', nullable: true })
  approvedAt: Date | null;

  /** Until when a person may agree, on the account's own clock; null while nobody has to. */
  @Column('timestamptz', { name: 'approval_expires_at', nullable: true })
  approvalExpiresAt: Date | null;

  /** Raised by every claim and named by every later update: an old holder changes nothing. */
  @Column('integer')
  fence: number;

  /** Writes sent, whatever came of them. */
  @Column('integer')
  attempts: number;

  /** Writes that the platform said it did not take for the moment. */
  @Column('integer')
  retries: number;

  @Column('text', { name: 'claimed_by', nullable: true })
  claimedBy: string | null;

  @Column('timestamptz', { name: 'lease_until', nullable: true })
  leaseUntil: Date | null;

  @Column('timestamptz', { name: 'executing_at', nullable: true })
  executingAt: Date | null;

  @Column('jsonb', { name: 'before_image', nullable: true })
  beforeImage: ObjectImage | null;

  @Column('jsonb', { name: 'after_image', nullable: true })
  afterImage: ObjectImage | null;

  /** When the before-image was first seen, on the account's own clock. */
  @Column('timestamptz', { name: 'before_at', nullable: true })
  beforeAt: Date | null;

  /** When the last write went out, on the account's own clock. */
  @Column('timestamptz', { name: 'effective_at', nullable: true })
  effectiveAt: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt: Date | null;
}
