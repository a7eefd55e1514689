// The limits that hold for an account now: the environment's and its plan's.
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PlansService, type Account } from '../../accounts/index.js';
import { Config } from '../../shared/index.js';
import { guardLimits } from './execution-mode.js';
import type { GuardLimits } from './guard-rules.js';
import { planLimits } from './plan-limits.js';

@Injectable()
export class AccountLimitsReader {
  constructor(
    private readonly plans: PlansService,
    private readonly config: Config,
  ) {}

  async of({ accountId, currency }: Account, manager?: EntityManager): Promise<GuardLimits> {
    const plan = await this.plans.of(accountId, manager);
    return guardLimits(this.config, planLimits(plan, currency));
  }
}
