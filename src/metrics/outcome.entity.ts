import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../shared/index.js';

/** What a published post brought. */
@Entity('outcomes')
export class Outcome {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text', { name: 'decision_id' })
  decisionId: string;

  @Column('text', { name: 'tweet_id', nullable: true })
  tweetId: string | null;

  @Column('text', { name: 'decision_type', nullable: true })
  decisionType: 'single' | 'thread' | 'reply' | null;

  @Column('timestamptz', { name: 'collected_at' })
  collectedAt: Date;

  @Column(bigintColumn('impressions'))
  impressions: number | null;

  @Column(bigintColumn('likes'))
  likes: number | null;

  @Column(bigintColumn('retweets'))
  retweets: number | null;

  @Column(bigintColumn('replies'))
  replies: number | null;

  @Column(bigintColumn('quotes'))
  quotes: number | null;

  @Column(bigintColumn('bookmarks'))
  bookmarks: number | null;

  @Column('double precision', { name: 'engagement_rate', nullable: true })
  engagementRate: number | null;

  @Column('double precision', { name: 'followers_gained_weighted', nullable: true })
  followersGainedWeighted: number | null;

  @Column('double precision', { name: 'primary_objective_score', nullable: true })
  primaryObjectiveScore: number | null;

  @Column('text', { name: 'hook_type', nullable: true })
  hookType: string | null;

  @Column('text', { name: 'cta_type', nullable: true })
  ctaType: string | null;

  @Column('text', { name: 'structure_type', nullable: true })
  structureType: string | null;

  @Column('boolean')
  simulated: boolean;
}
