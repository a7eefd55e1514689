// Which account a request is about, and what time it is there. A simulated account has a clock of
// its own; every other one goes by the server's.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository, type EntityManager } from 'typeorm';
import { SandboxWorlds } from '../../platforms/index.js';
import {
  Clock,
  DomainError,
  GroupCommit,
  parseInstant,
  type GroupLimits,
  CLOCK_TOLERANCE_MILLIS,
  MILLIS_PER_DAY,
  type RetentionDays,
} from '../../shared/index.js';
import { Account } from './account.entity.js';
import { oldestKept, retentionDays } from './retention.js';
import type { Principal } from '../keys/principal.js';

/** Whole campaigns are replayed ahead of the clock; further ahead is a mistake. */
const SIMULATED_AHEAD_MILLIS_MAX = 366 * MILLIS_PER_DAY;

/** Requests under way at a time are bounded long before this. */
const LINE: GroupLimits = { rowsMax: 10_000, waitingRowsMax: 10_000 };

@Injectable()
export class AccountScope {
  // Requests that come while the account is read share the next look: none sees an older state than
  // one of its own would show, and many small ones cost few queries.
  private readonly looks = new GroupCommit<null, Account | null>(LINE, async (accountId, asked) => {
    const account = await this.accounts.findOneBy({ accountId, closingAt: IsNull() });
    return asked.map(() => account);
  });

  constructor(
    @InjectRepository(Account) private readonly accounts: Repository<Account>,
    private readonly worlds: SandboxWorlds,
    private readonly clock: Clock,
  ) {}

  /** The account a caller means: an account key's own, or the one that the admin names. */
  async account(caller: Principal, named?: string): Promise<Account> {
    if (caller.kind === 'account' && named !== undefined && named !== caller.accountId) {
      throw new DomainError(403, 'auth.other_account', 'This key sees its own account only.');
    }
    const accountId = caller.kind === 'account' ? caller.accountId : (named ?? caller.named);
    if (accountId === undefined) {
      throw new DomainError(400, 'request.invalid', 'The admin names the account: account_id.', {
        errors: [{ pointer: '/account_id', detail: 'is required for the admin token' }],
      });
    }
    const account = await this.looks.add(accountId, null, 1);
    if (!account) throw unknownAccount();
    return account;
  }

  /** The account's present: the sandbox's clock, or the server's. */
  async now(account: Account, manager?: EntityManager): Promise<Date> {
    if (!account.simulated) return this.clock.now();
    return (await this.worlds.clockOf(account.accountId, manager)) ?? this.clock.now();
  }

  /** `as_of` of a request, checked; the default is the account's present. */
  async asOf(account: Account, requested?: string, manager?: EntityManager): Promise<Date> {
    if (requested === undefined) return this.now(account, manager);
    const instant = parseInstant(requested);
    if (!instant) throw invalidAsOf('must be an ISO 8601 time with zone');
    const ahead = instant.getTime() - this.clock.now().getTime();
    if (!account.simulated && ahead > CLOCK_TOLERANCE_MILLIS) {
      throw invalidAsOf('lies more than 10 minutes ahead of the server');
    }
    if (instant < this.oldest(account, 'events')) {
      const { events } = retentionDays(account.settings);
      throw invalidAsOf(`lies more than the ${events} days back that events are kept`);
    }
    if (account.simulated) await this.assertNearPresent(account, instant, manager);
    return instant;
  }

  /** The first instant whose rows of a kind are kept, by the server's clock. */
  oldest(account: Account, kind: keyof RetentionDays): Date {
    return oldestKept(account, kind, this.clock.now());
  }

  /** A simulated account may be sent ahead, but not to a day that would cost tables for nothing. */
  private async assertNearPresent(account: Account, instant: Date, manager?: EntityManager) {
    const present = Math.max(
      (await this.now(account, manager)).getTime(),
      this.clock.now().getTime(),
    );
    if (instant.getTime() - present > SIMULATED_AHEAD_MILLIS_MAX) {
      throw invalidAsOf("lies more than a year ahead of the simulated account's clock");
    }
  }
}

/**
 * The account stays until the transaction ends.
 * @throws DomainError 404 when it is gone or going
 */
export async function holdAccount(manager: EntityManager, accountId: string): Promise<void> {
  const rows: unknown[] = await manager.query(
    'select 1 from accounts where account_id = $1 and closing_at is null for key share',
    [accountId],
  );
  if (rows.length === 0) throw unknownAccount();
}

export function unknownAccount(): DomainError {
  return new DomainError(404, 'accounts.unknown', 'There is no such account.');
}

function invalidAsOf(detail: string): DomainError {
  return new DomainError(400, 'request.as_of', `as_of ${detail}.`, {
    errors: [{ pointer: '/as_of', detail }],
  });
}
