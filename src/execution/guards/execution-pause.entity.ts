import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The kill switch of one account; none is as good as one that is not paused. */
@Entity('execution_pauses')
export class ExecutionPause {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @Column('boolean', { name: 'is_paused' })
  isPaused: boolean;

  @Column('text', { name: 'changed_by' })
  changedBy: string;

  @Column('timestamptz', { name: 'changed_at' })
  changedAt: Date;

  /** Since when the admin holds it as well, beside the key that paused it first. */
  @Column('timestamptz', { name: 'admin_since', nullable: true })
  adminSince: Date | null;
}
