import { Column, Entity, PrimaryColumn } from 'typeorm';

export type SleepScope = 'account' | 'credential' | 'app';

/** Who has to leave the platform alone until when, for all processes alike. */
@Entity('execution_sleeps')
export class ExecutionSleep {
  @PrimaryColumn('text')
  scope: SleepScope;

  /** The account's id, the digest of the token, or the platform's name. */
  @PrimaryColumn('text')
  key: string;

  @Column('timestamptz')
  until: Date;

  @Column('text')
  code: string;

  /** The platform's own words. */
  @Column('text')
  detail: string;

  @Column('timestamptz', { name: 'set_at' })
  setAt: Date;
}
