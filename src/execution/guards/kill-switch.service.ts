// Stops and restarts writes, for all accounts or for one, and for every process. The statements
// that claim and mark changes ask the same rows, so a change in preparation stops too.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Clock } from '../../shared/index.js';
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

  /** The same for one account, whose own switch and that of all hold independently. */
  async setAccount(accountId: string, isPaused: boolean, changedBy: string): Promise<Switches> {
    await this.pauses.query(
      `insert into execution_pauses as p (account_id, is_paused, changed_by, changed_at)
       values ($1, $2, $3, $4)
       on conflict (account_id) do update
         set is_paused = excluded.is_paused, changed_by = excluded.changed_by,
             changed_at = excluded.changed_at
       where p.is_paused <> excluded.is_paused`,
      [accountId, isPaused, changedBy, this.clock.now()],
    );
    return this.ofAccount(accountId);
  }
}
