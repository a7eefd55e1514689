// What a failure of the platform means for a change and for its account, in one place for the look
// before a write, the write, and the look after it.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config, Log, PlatformError, SeededRandom, freshSeed } from '../../shared/index.js';
import type { AdChange } from '../objects/change.entity.js';
import { postponePending, startCooldown, type Cooldown } from '../objects/cooldown.queries.js';
import type { Released } from '../queue/claims.queries.js';
import type { AccountContext, Failed } from './account-context.js';
import { afterFailure, type AfterFailure } from './settlement.js';

/** Whose calls failed. */
export type Reach = Pick<AccountContext, 'account' | 'cooldownKeys' | 'cooldown'>;

@Injectable()
export class Failures {
  private readonly chance = new SeededRandom(freshSeed());

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  consequence(change: AdChange, failure: PlatformError, sent: boolean): AfterFailure {
    const { kind, scope, retryAfterMs: retryAfterMillis } = failure;
    const { retries } = change;
    const { retryBaseMs: baseMillis, retryMaxMs: maxMillis } = this.config;
    return afterFailure(
      { kind, scope, retryAfterMillis, sent, retries },
      { baseMillis, maxMillis },
      this.chance.uniform(),
    );
  }

  /** How changes leave that nobody could ask about, and what their account has to wait for. */
  async released(
    failed: readonly Failed[],
    reach: Reach,
  ): Promise<{ released: Released[]; cooldown: Cooldown | null }> {
    let { cooldown } = reach;
    const released: Released[] = [];
    for (const { change, failure, ...seen } of failed) {
      const next = this.consequence(change, failure, false);
      cooldown = await this.coolDown({ ...reach, cooldown }, next, failure.message);
      const blockedBy = 'blockedBy' in next ? next.blockedBy : null;
      const waitMillis = 'waitMillis' in next ? next.waitMillis : null;
      const { to } = next;
      released.push({
        change,
        release: { to, waitMillis, blockedBy, detail: failure.message, ...seen },
      });
    }
    return { released, cooldown };
  }

  /** When the failure reaches further than one object, everything in its reach waits. */
  async coolDown(
    { account, cooldownKeys, cooldown }: Reach,
    next: AfterFailure,
    detail: string,
  ): Promise<Cooldown | null> {
    if (next.to !== 'pending' || next.scope === 'object') return cooldown;
    const { waitMillis, blockedBy, scope } = next;
    if (cooldown?.scope === scope && cooldown.waitMillis >= waitMillis) return cooldown;
    const { accountId } = account;
    const key = cooldownKeys.find((one) => one.scope === scope) ?? cooldownKeys[0];
    const longer: Cooldown = { scope, waitMillis, blockedBy, detail };
    if (key) await startCooldown(this.database.manager, key, longer);
    await postponePending(this.database.manager, accountId, longer);
    const about = { account_id: accountId, scope, code: blockedBy };
    this.log.root.error(about, 'execution cools down');
    return longer;
  }
}
