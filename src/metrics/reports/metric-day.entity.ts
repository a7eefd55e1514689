import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../shared/index.js';
import type { MetricOrigin } from './metric-values.js';

/** What one account day of one object brought, as last reported. */
@Entity('metric_days')
export class MetricDay {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text', { name: 'ad_id' })
  adId: string;

  @PrimaryColumn('date')
  day: string;

  @PrimaryColumn('text', { name: 'attribution_setting' })
  attributionSetting: string;

  @Column(bigintColumn('impressions', false))
  impressions: number;

  @Column(bigintColumn('clicks', false))
  clicks: number;

  @Column(bigintColumn('spend_minor', false))
  spendMinor: number;

  @Column(bigintColumn('conversions'))
  conversions: number | null;

  @Column(bigintColumn('view_conversions'))
  viewConversions: number | null;

  @Column(bigintColumn('leads'))
  leads: number | null;

  @Column(bigintColumn('revenue_minor'))
  revenueMinor: number | null;

  @Column('text')
  origin: MetricOrigin;

  @Column('timestamptz', { name: 'ingested_at' })
  ingestedAt: Date;
}

/** A report of a day that a later one replaced. */
@Entity('metric_day_history')
export class MetricDayRevision {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text', { name: 'ad_id' })
  adId: string;

  @PrimaryColumn('date')
  day: string;

  @PrimaryColumn('text', { name: 'attribution_setting' })
  attributionSetting: string;

  @PrimaryColumn('integer')
  revision: number;

  @Column('jsonb')
  report: Record<string, unknown>;

  @Column('timestamptz', { name: 'ingested_at' })
  ingestedAt: Date;

  @Column('timestamptz', { name: 'replaced_at' })
  replacedAt: Date;
}
