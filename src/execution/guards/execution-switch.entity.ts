import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The kill switch: one row, so that it survives restarts and holds for every process. */
@Entity('execution_switch')
export class ExecutionSwitch {
  @PrimaryColumn('boolean', { name: 'is_only_row' })
  isOnlyRow: boolean;

  @Column('boolean', { name: 'is_paused' })
  isPaused: boolean;

  @Column('text', { name: 'changed_by' })
  changedBy: string;

  @Column('timestamptz', { name: 'changed_at' })
  changedAt: Date;
}
