import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { KeyRole } from './principal.js';

@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text', { name: 'key_id' })
  keyId: string;

  @Column('text')
  name: string;

  @Column('text')
  role: KeyRole;

  @Column('bytea')
  digest: Buffer;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt: Date | null;
}
