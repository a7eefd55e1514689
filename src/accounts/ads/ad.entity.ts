import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AdStatus, EntityType } from '../../platforms/index.js';
import { bigintColumn } from '../../shared/index.js';

/** A Graph object that the account runs: campaign, ad set or ad. */
@Entity('ads')
export class Ad {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text', { name: 'ad_id' })
  adId: string;

  @Column('text', { name: 'entity_type' })
  entityType: EntityType;

  @Column('text', { name: 'campaign_id' })
  campaignId: string;

  @Column('text', { name: 'parent_id', nullable: true })
  parentId: string | null;

  @Column('text', { nullable: true })
  name: string | null;

  @Column('text')
  status: AdStatus;

  @Column(bigintColumn('daily_budget_minor'))
  dailyBudgetMinor: number | null;

  @Column(bigintColumn('min_budget_minor'))
  minBudgetMinor: number | null;

  @Column(bigintColumn('max_budget_minor'))
  maxBudgetMinor: number | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('boolean', { name: 'learning_phase', nullable: true })
  learningPhase: boolean | null;

  @Column('jsonb')
  creative: Record<string, unknown>;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
