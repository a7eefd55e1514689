import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../shared/index.js';

/** An account worth replying to, with what replies to it have brought. */
@Entity('discovered_accounts')
export class DiscoveredAccount {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text')
  username: string;

  @Column('double precision', { name: 'priority_score', nullable: true })
  priorityScore: number | null;

  @Column('double precision', { name: 'reply_performance_score', nullable: true })
  replyPerformanceScore: number | null;

  @Column(bigintColumn('replies', false))
  replies: number;

  @Column('double precision', { name: 'standard_error', nullable: true })
  standardError: number | null;

  @Column('timestamptz', { name: 'last_successful_reply_at', nullable: true })
  lastSuccessfulReplyAt: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
