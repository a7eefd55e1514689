import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Platform } from '../../platforms/index.js';

/** Credentials at rest: sealed with SECRETS_KEY, never readable through the API. */
@Entity('account_credentials')
export class AccountCredential {
  @PrimaryColumn('text', { name: 'account_id' })
  accountId: string;

  @PrimaryColumn('text')
  platform: Platform;

  @Column('bytea')
  sealed: Buffer;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
