import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AccountSettings } from './account-settings.js';

export type ConversionSource = 'platform' | 'first_party';

@Entity('accounts')
export class Account {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @Column('text')
  name: string;

  @Column('text', { nullable: true })
  niche: string | null;

  @Column('text')
  currency: string;

  @Column('text')
  timezone: string;

  @Column('boolean')
  simulated: boolean;

  @Column('boolean', { name: 'share_patterns' })
  sharePatterns: boolean;

  @Column('integer', { name: 'attribution_window_days' })
  attributionWindowDays: number;

  @Column('text', { name: 'conversion_events', array: true })
  conversionEvents: string[];

  @Column('text', { name: 'lead_events', array: true })
  leadEvents: string[];

  @Column('text', { name: 'conversion_source', nullable: true })
  conversionSource: ConversionSource | null;

  @Column('jsonb')
  settings: AccountSettings;

  /** Since when it is being removed; whoever looks it up does not find it any more. */
  @Column('timestamptz', { name: 'closing_at', nullable: true })
  closingAt: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
