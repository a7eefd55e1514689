// Whether the SECRETS_KEY of this start is the one that sealed what is stored. Found out before
// anything is served: with another key, intake, jobs and the executor would each fail in their way.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { SecretsKey, StartupError } from '../../shared/index.js';
import { AccountCredential } from './credential.entity.js';
import { seal, unseal } from './seal.js';

const CHECK_VALUE = 'loopgain';
const BOUND_TO = 'secrets-key/check';
/** A sentence that lists a thousand accounts is not read. */
const NAMED_MAX = 20;

@Injectable()
export class SecretsKeyCheck {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly secretsKey: SecretsKey,
  ) {}

  /**
   * Passes when every stored secret opens. Otherwise `forget` drops what does not open and answers
   * with one sentence about it (null when nothing had to be dropped).
   * @throws StartupError naming what cannot be opened and what can be done.
   */
  async run(forget: boolean): Promise<string | null> {
    const key = this.secretsKey.value;
    if (key === null) return null;
    return this.database.transaction(async (manager) => {
      if (await fitsCheckValue(manager, key)) return null;
      const closed = await thoseThatDoNotOpen(manager, key);
      if (closed.length > 0 && !forget) throw new StartupError(refusal(closed));
      for (const { accountId, platform } of closed) {
        await manager.delete(AccountCredential, { accountId, platform });
      }
      await manager.query(
        `insert into secrets_key_check (sealed) values ($1)
         on conflict (is_only_row) do update set sealed = excluded.sealed`,
        [seal(key, CHECK_VALUE, BOUND_TO)],
      );
      if (closed.length === 0) return null;
      return `SECRETS_KEY_FORGET dropped the credentials of ${listed(closed)}: enter them again.`;
    });
  }
}

async function fitsCheckValue(manager: EntityManager, key: Buffer): Promise<boolean> {
  // Of two servers that start together, the second waits for what the first finds.
  await manager.query('lock table secrets_key_check in share row exclusive mode');
  const rows: { sealed: Buffer }[] = await manager.query('select sealed from secrets_key_check');
  return rows.some(({ sealed }) => opens(key, sealed, BOUND_TO));
}

async function thoseThatDoNotOpen(
  manager: EntityManager,
  key: Buffer,
): Promise<AccountCredential[]> {
  const all = await manager.find(AccountCredential, { order: { accountId: 1, platform: 1 } });
  return all.filter(
    ({ accountId, platform, sealed }) => !opens(key, sealed, `${accountId}/${platform}`),
  );
}

function opens(key: Buffer, sealed: Buffer, boundTo: string): boolean {
  try {
    unseal(key, sealed, boundTo);
    return true;
  } catch {
    return false;
  }
}

function refusal(closed: AccountCredential[]): string {
  return (
    `SECRETS_KEY is not the key that sealed the credentials of ${listed(closed)}: start with the ` +
    'former key, change it with npm run rotate-secrets, or set SECRETS_KEY_FORGET=true once to ' +
    'drop what cannot be opened and enter it again.'
  );
}

function listed(closed: AccountCredential[]): string {
  const named = closed
    .slice(0, NAMED_MAX)
    .map(({ accountId, platform }) => `account ${JSON.stringify(accountId)} (${platform})`);
  const others = closed.length - named.length;
  return named.join(', ') + (others > 0 ? ` and ${others} more` : '');
}
