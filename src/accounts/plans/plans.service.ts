// The plans of accounts: what is to be done without being asked.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type EntityManager } from 'typeorm';
import { Clock, invalidInput } from '../../shared/index.js';
import { AccountPlan } from './account-plan.entity.js';
import type { Account } from '../account/account.entity.js';
import { planFaults, type Plan } from './plan-rules.js';

@Injectable()
export class PlansService {
  constructor(
    @InjectRepository(AccountPlan) private readonly plans: Repository<AccountPlan>,
    private readonly clock: Clock,
  ) {}

  /** Replaces the whole plan. @throws DomainError 400 naming every fault. */
  async put(account: Account, plan: Plan, by: string): Promise<Plan> {
    const faults = planFaults(plan, account.currency);
    if (faults.length > 0) throw invalidInput(faults);
    const { accountId } = account;
    const row = { accountId, plan, updatedBy: by, updatedAt: this.clock.now() };
    await this.plans.upsert(row, ['accountId']);
    return plan;
  }

  async of(accountId: string, manager: EntityManager = this.plans.manager): Promise<Plan | null> {
    return (await manager.findOneBy(AccountPlan, { accountId }))?.plan ?? null;
  }

  /** The plans of some accounts, whatever is in them. */
  async ofAll(accountIds: readonly string[]): Promise<Map<string, Plan>> {
    const rows = await this.plans.findBy({ accountId: In(accountIds) });
    return new Map(rows.map(({ accountId, plan }) => [accountId, plan]));
  }

  /** The plans that have a scope, by account. */
  async all(manager: EntityManager = this.plans.manager): Promise<Map<string, Plan>> {
    const rows = await manager.find(AccountPlan, { order: { accountId: 'asc' } });
    return new Map(
      rows
        .filter(({ plan }) => plan.scopes.length > 0)
        .map(({ accountId, plan }) => [accountId, plan]),
    );
  }
}
