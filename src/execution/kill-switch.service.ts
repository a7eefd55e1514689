// Stops and restarts every write, for all accounts and processes. The statements that claim and mark
// changes ask the same row, so a change in preparation stops too.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Clock } from '../shared/index.js';
import { ExecutionSwitch } from './execution-switch.entity.js';

@Injectable()
export class KillSwitch {
  constructor(
    @InjectRepository(ExecutionSwitch) private readonly switches: Repository<ExecutionSwitch>,
    private readonly clock: Clock,
  ) {}

  async state(): Promise<ExecutionSwitch> {
    return this.switches.findOneByOrFail({ isOnlyRow: true });
  }

  /** Throwing it again changes nothing, not even who is recorded as having done so. */
  async set(isPaused: boolean, changedBy: string): Promise<ExecutionSwitch> {
    await this.switches.update(
      { isOnlyRow: true, isPaused: !isPaused },
      { isPaused, changedBy, changedAt: this.clock.now() },
    );
    return this.state();
  }
}
