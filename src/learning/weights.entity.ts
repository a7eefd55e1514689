import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn, bigintTransform } from '../shared/index.js';

/** One version of an account's weight map over content features; one version is active. */
@Entity('learning_model_weights')
export class LearningModelWeights {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('bigint', bigintTransform)
  version: number;

  @Column('boolean', { name: 'is_active' })
  isActive: boolean;

  @Column(bigintColumn('sample_size', false))
  sampleSize: number;

  @Column('integer', { name: 'window_days' })
  windowDays: number;

  @Column('jsonb')
  features: Record<string, unknown>;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
