import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Plan } from './plan-rules.js';

/** What the account wants done without being asked. */
@Entity('account_plans')
export class AccountPlan {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  /** In the words of the contract, money in major units. */
  @Column('jsonb')
  plan: Plan;

  @Column('text', { name: 'updated_by' })
  updatedBy: string;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
