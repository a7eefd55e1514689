import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../shared/index.js';
import type { SandboxWorld } from './world.js';

/** One simulated account's whole world, advanced and written back as one value. */
@Entity('sandbox_worlds')
export class SandboxWorldRow {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @Column(bigintColumn('seed', false))
  seed: number;

  @Column('timestamptz', { name: 'clock_at' })
  clockAt: Date;

  @Column('jsonb')
  world: SandboxWorld;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
