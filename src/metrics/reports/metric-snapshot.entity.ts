import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../shared/index.js';
import type { MetricOrigin } from './metric-values.js';

/** Lifetime totals of one object at one instant. Partitioned by month. */
@Entity('metric_snapshots')
export class MetricSnapshot {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text', { name: 'ad_id' })
  adId: string;

  @PrimaryColumn('timestamptz', { name: 'observed_at' })
  observedAt: Date;

  @Column(bigintColumn('impressions', false))
  impressions: number;

  @Column(bigintColumn('clicks', false))
  clicks: number;

  @Column(bigintColumn('spend_minor', false))
  spendMinor: number;

  @Column(bigintColumn('conversions'))
  conversions: number | null;

  @Column(bigintColumn('leads'))
  leads: number | null;

  @Column(bigintColumn('revenue_minor'))
  revenueMinor: number | null;

  @Column(bigintColumn('pipeline_value_minor'))
  pipelineValueMinor: number | null;

  @Column('text')
  origin: MetricOrigin;

  @Column('timestamptz', { name: 'ingested_at' })
  ingestedAt: Date;
}
