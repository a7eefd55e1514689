import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../shared/index.js';

export type ContentState = 'planned' | 'live' | 'deleted' | 'protected' | 'withheld';

/** A planned or published post with the choices that made it. */
@Entity('content_generation_metadata_comprehensive')
export class Content {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text', { name: 'decision_id' })
  decisionId: string;

  @Column('text', { name: 'content_slot', nullable: true })
  contentSlot: string | null;

  @Column('text', { name: 'generator_name', nullable: true })
  generatorName: string | null;

  @Column('text', { nullable: true })
  topic: string | null;

  @Column('text', { nullable: true })
  tone: string | null;

  @Column('text', { name: 'decision_type', nullable: true })
  decisionType: 'single' | 'thread' | 'reply' | null;

  @Column('text', { name: 'hook_type', nullable: true })
  hookType: string | null;

  @Column('text', { name: 'cta_type', nullable: true })
  ctaType: string | null;

  @Column('text', { name: 'structure_type', nullable: true })
  structureType: string | null;

  @Column('double precision', { nullable: true })
  propensity: number | null;

  @Column(bigintColumn('weight_map_version'))
  weightMapVersion: number | null;

  @Column('text', { nullable: true })
  why: string | null;

  @Column('text', { nullable: true })
  network: 'x' | 'bluesky' | null;

  @Column('text', { name: 'tweet_id', nullable: true })
  tweetId: string | null;

  @Column('text', { nullable: true })
  text: string | null;

  @Column('text', { name: 'target_username', nullable: true })
  targetUsername: string | null;

  @Column('text')
  state: ContentState;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'posted_at', nullable: true })
  postedAt: Date | null;
}
