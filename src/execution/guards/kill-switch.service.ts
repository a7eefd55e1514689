// Stops and restarts writes, for all accounts or for one, and for every process. The statements
// that claim and mark changes ask the same rows, so a change in preparation stops too.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Clock, DomainError } from '../../shared/index.js';
import { ExecutionPause } from './execution-pause.entity.js';
import { ExecutionSwitch } from './execution-switch.entity.js';
import type { Switches } from './pauses.js';

@Injectable()
export class KillSwitch {
  constructor(
    @InjectRepository(ExecutionSwitch) private readonly switches: Repository<ExecutionSwitch>,
    @InjectRepository(ExecutionPause) private readonly pauses: Repository<ExecutionPause>,
    private readonly clock: Clock,
  ) {}

  async state(): Promise<ExecutionSwitch> {
    return this.switches.findOneByOrFail({ isOnlyRow: true });
  }

  async ofAccount(accountId: string): Promise<Switches> {
    const [all, own] = await Promise.all([this.state(), this.pauses.findOneBy({ accountId })]);
    return { all, own };
  }

  /** Throwing it again changes nothing, not even who is recorded as having done so. */
  async set(isPaused: boolean, changedBy: string): Promise<ExecutionSwitch> {
    await this.switches.update(
      { isOnlyRow: true, isPaused: !isPaused },
      { isPaused, changedBy, changedAt: this.clock.now() },
    );
    return this.state();
  }

  /**
   * The same for one account, whose own switch and that of all hold independently. Who paused is
   * kept: a key lifts its own pause alone, the admin every one. What the admin paused on top of a
   * key's pause goes on when the key lifts its own.
   * @throws DomainError 409 `execution.paused_by_other`
   */
  async setAccount(
    accountId: string,
    isPaused: boolean,
    by: { name: string; isAdmin: boolean },
  ): Promise<Switches> {
    const values = [accountId, by.name, this.clock.now(), by.isAdmin];
    const moved: unknown[] = await this.pauses.query(isPaused ? PAUSE : RESUME, values);
    const switches = await this.ofAccount(accountId);
    if (isPaused || moved.length > 0 || !switches.own?.isPaused) return switches;
    const { changedBy } = switches.own;
    const detail = `The account was paused by ${changedBy}: only they and the admin lift that.`;
    throw new DomainError(409, 'execution.paused_by_other', detail);
  }
}

const PAUSE = `
  insert into execution_pauses as p (account_id, is_paused, changed_by, changed_at)
  values ($1, true, $2, $3)
  on conflict (account_id) do update
    set is_paused = true,
        changed_by = case when p.is_paused then p.changed_by else excluded.changed_by end,
        changed_at = case when p.is_paused then p.changed_at else excluded.changed_at end,
        admin_since = case when p.is_paused and $4::boolean and p.changed_by <> $2
                           then coalesce(p.admin_since, excluded.changed_at)
                           when p.is_paused then p.admin_since end
  returning 1`;

/** Whatever the admin paused on top of a key's pause stands alone from then on. */
const RESUME = `
  with moved as (
    update execution_pauses
       set is_paused = not $4::boolean and admin_since is not null,
           changed_by = case when $4 or admin_since is null then $2 else 'admin' end,
           changed_at = case when $4 or admin_since is null then $3 else admin_since end,
           admin_since = null
     where account_id = $1 and is_paused and ($4 or changed_by = $2)
    returning 1)
  select * from moved`;
