// Accounts and their keys: creation, change, revocation.
import { Injectable } from '@nestjs/common';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { DataSource, IsNull, Repository, type EntityManager } from 'typeorm';
import {
  Clock,
  DomainError,
  invalidInput,
  readCursor,
  toPage,
  type Page,
  type PageQuery,
} from '../../shared/index.js';
import { DEFAULT_SETTINGS, withSettings } from './account-settings.js';
import { unknownAccount } from './account-scope.service.js';
import { Account } from './account.entity.js';
import type { AccountChange, NewAccount, NewKey } from './accounts.dto.js';
import { makeApiKey } from '../keys/api-key.js';
import { ApiKey } from '../keys/api-key.entity.js';
import { Authenticator } from '../keys/authenticator.service.js';

const DEFAULT_LEAD_EVENTS = ['Lead', 'Contact', 'Schedule', 'SubmitApplication'];

/** SQL: no account has the id $1. */
export const NO_SUCH_ACCOUNT = 'not exists (select from accounts where account_id = $1)';

@Injectable()
export class AccountsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @InjectRepository(Account) private readonly accounts: Repository<Account>,
    @InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>,
    private readonly auth: Authenticator,
    private readonly clock: Clock,
  ) {}

  /** 409 `accounts.exists` when the id is taken. */
  async create(
    input: NewAccount,
    simulated = false,
    manager?: EntityManager,
  ): Promise<{ account: Account; apiKey: string }> {
    if (!manager) return this.database.transaction((own) => this.create(input, simulated, own));
    const account = newAccount(input, simulated, this.clock.now());
    const inserted = await manager
      .createQueryBuilder()
      .insert()
      .into(Account)
      .values(account)
      .orIgnore()
      .returning('account_id')
      .execute();
    if ((inserted.raw as unknown[]).length === 0) {
      throw new DomainError(409, 'accounts.exists', 'An account with this id exists already.');
    }
    const { apiKey } = await this.insertKey(manager, input.account_id, { name: 'first key' });
    return { account, apiKey };
  }

  async list(page: PageQuery): Promise<Page<Account>> {
    const after = readCursor(page.cursor, 1);
    const query = this.accounts
      .createQueryBuilder('account')
      .orderBy('account.accountId')
      .limit(page.limit + 1);
    query.where('account.closingAt is null');
    if (after) query.andWhere('account.accountId > :after', { after: after[0] });
    const rows = await query.getMany();
    return toPage(
      rows,
      page.limit,
      (row) => [row.accountId],
      (row) => row,
    );
  }

  /** Every account that jobs look after. */
  async all(manager: EntityManager = this.accounts.manager): Promise<Account[]> {
    return manager.find(Account, {
      where: { closingAt: IsNull() },
      order: { accountId: 'asc' },
    });
  }

  /**
   * The account that the program itself means; nobody's rights are asked.
   * @throws DomainError 404 when it is not (or no longer) there.
   */
  async byId(accountId: string, manager: EntityManager = this.accounts.manager): Promise<Account> {
    const account = await manager.findOneBy(Account, { accountId, closingAt: IsNull() });
    if (!account) throw unknownAccount();
    return account;
  }

  /** Writes what is named and nothing else, one change of an account after the other. */
  async change(accountId: string, change: AccountChange): Promise<Account> {
    return this.database.transaction(async (manager) => {
      const account = await manager.findOne(Account, {
        where: { accountId, closingAt: IsNull() },
        // Not stronger: rows that refer to the account may be inserted meanwhile.
        lock: { mode: 'for_no_key_update' },
      });
      if (!account) throw unknownAccount();
      if (change.currency !== undefined && change.currency !== account.currency) {
        throw new DomainError(
          422,
          'accounts.currency_fixed',
          'Amounts are stored in the minor unit of the currency, so it stays; create a new account.',
        );
      }
      const columns = { ...changedColumns(account, change), updatedAt: this.clock.now() };
      await manager.update(Account, { accountId }, columns);
      return Object.assign(account, columns);
    });
  }

  /**
   * From the end of the transaction on, nobody finds the account or gets in with its keys. Answers
   * with the instant of its closing, also when it was closed before and its removal goes on.
   * @throws DomainError 404, or 400 when `confirm` is not its name
   */
  async close(manager: EntityManager, accountId: string, confirm: string): Promise<Date> {
    const account = await manager.findOne(Account, {
      where: { accountId },
      lock: { mode: 'for_no_key_update' },
    });
    if (!account) throw unknownAccount();
    if (account.name !== confirm) {
      const detail = 'must be the name of the account, letter by letter';
      throw invalidInput([{ pointer: '/confirm', detail }]);
    }
    const [row]: { at: Date }[] = await manager.query('select clock_timestamp() as at');
    const at = row?.at ?? this.clock.now();
    await manager.update(Account, { accountId }, { closingAt: account.closingAt ?? at });
    await manager.update(ApiKey, { accountId, revokedAt: IsNull() }, { revokedAt: at });
    return at;
  }

  /** After keys were revoked elsewhere than here: the next request asks the database. */
  forgetKeys(): void {
    this.auth.forget();
  }

  /** The last row of an account that was closed. */
  async forget(manager: EntityManager, accountId: string): Promise<void> {
    await manager.delete(Account, { accountId });
  }

  async addKey(accountId: string, input: NewKey): Promise<{ keyId: string; apiKey: string }> {
    return this.database.transaction((manager) => this.insertKey(manager, accountId, input));
  }

  async revokeKey(accountId: string, keyId: string): Promise<void> {
    const revoked = await this.keys.update(
      { accountId, keyId, revokedAt: IsNull() },
      { revokedAt: this.clock.now() },
    );
    if (!revoked.affected) {
      throw new DomainError(404, 'accounts.unknown_key', 'The account has no such active key.');
    }
    this.auth.forget();
  }

  private async insertKey(
    manager: EntityManager,
    accountId: string,
    input: NewKey,
  ): Promise<{ keyId: string; apiKey: string }> {
    const { keyId, apiKey, digest } = makeApiKey(accountId);
    await manager.insert(ApiKey, {
      accountId,
      keyId,
      name: input.name ?? keyId,
      role: input.role ?? 'full',
      digest,
      createdAt: this.clock.now(),
    });
    return { keyId, apiKey };
  }
}

/** The first source that delivers a conversion fixes it for the whole account. */
export async function fixConversionSource(
  manager: EntityManager,
  accountId: string,
  source: 'platform' | 'first_party',
): Promise<'platform' | 'first_party'> {
  await manager.query(
    `update accounts set conversion_source = $2, updated_at = now()
      where account_id = $1 and conversion_source is null`,
    [accountId, source],
  );
  const rows: { conversion_source: 'platform' | 'first_party' }[] = await manager.query(
    'select conversion_source from accounts where account_id = $1',
    [accountId],
  );
  return rows[0]?.conversion_source ?? source;
}

function changedColumns(account: Account, change: AccountChange): Partial<Account> {
  const columns: { [K in keyof Account]?: Account[K] | undefined } = {
    name: change.name,
    niche: change.niche,
    timezone: change.timezone,
    sharePatterns: change.share_patterns,
    attributionWindowDays: change.attribution_window_days,
    conversionEvents: change.conversion_events,
    leadEvents: change.lead_events,
    conversionSource: change.conversion_source,
    settings: change.settings && withSettings(account.settings, change.settings),
  };
  const named = Object.entries(columns).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named);
}

function newAccount(input: NewAccount, simulated: boolean, now: Date): Account {
  return {
    accountId: input.account_id,
    name: input.name,
    niche: input.niche ?? null,
    currency: input.currency,
    timezone: input.timezone ?? 'UTC',
    simulated,
    sharePatterns: input.share_patterns ?? false,
    attributionWindowDays: input.attribution_window_days ?? 7,
    conversionEvents: input.conversion_events ?? ['Purchase'],
    leadEvents: input.lead_events ?? DEFAULT_LEAD_EVENTS,
    conversionSource: null,
    closingAt: null,
    settings: withSettings(DEFAULT_SETTINGS, input.settings ?? {}),
    createdAt: now,
    updatedAt: now,
  };
}
