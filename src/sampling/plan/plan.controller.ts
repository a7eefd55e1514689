// The door of an account's plan. In this room, not in accounts, because only this room knows which
// policies a scope may name.
import assert from 'node:assert/strict';
import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AccountScope,
  AdsService,
  Caller,
  PLAN_EXAMPLE,
  PlanBody,
  PlansService,
  callerName,
  planFaults,
  type Plan,
  type PlanScope,
  type Principal,
} from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  DomainError,
  FaultCollector,
  bodyReader,
  invalidInput,
} from '../../shared/index.js';
import { POLICIES, policyNamed } from '../policies/policies.js';
import { planWarnings } from './plan-warnings.js';

const readPlan = bodyReader<PlanBody>(PlanBody);

@ApiTags('accounts and ads')
@Controller('v1/accounts/:account_id/plan')
export class PlanController {
  constructor(
    private readonly scope: AccountScope,
    private readonly plans: PlansService,
    private readonly ads: AdsService,
  ) {}

  @Put()
  @ApiOperation({
    summary: 'Replace the plan that the allocate job works from',
    description:
      "The account's own key may. Without scopes the job leaves the account alone. Campaigns and " +
      'locked ads that the account does not have yet are named in `warnings`.',
  })
  @DocumentedBody(PlanBody, PLAN_EXAMPLE)
  @DocumentedAnswer(200, 'The plan as it is now', PLAN_EXAMPLE)
  async put(
    @Caller() caller: Principal,
    @Param('account_id') accountId: string,
    @Body() raw: unknown,
  ) {
    const account = await this.scope.account(caller, accountId);
    const faults = new FaultCollector();
    const body = await faults.of(() => readPlan(raw));
    const loose = looselyRead(raw);
    await faults.of(() => refuseUnknownPolicies(loose));
    await faults.of(() => refuseBrokenRules(loose, account.currency));
    faults.end();
    assert(body, 'what was refused is reported above');
    const plan = await this.plans.put(account, body, callerName(caller));
    const warnings = planWarnings(plan, await this.ads.all(account.accountId));
    return { ...plan, ...(warnings.length > 0 ? { warnings } : {}) };
  }

  @Get()
  @ApiOperation({ summary: 'The plan' })
  @DocumentedAnswer(200, 'The plan', PLAN_EXAMPLE)
  async one(@Caller() caller: Principal, @Param('account_id') accountId: string) {
    const account = await this.scope.account(caller, accountId);
    const plan = await this.plans.of(account.accountId);
    if (!plan) throw new DomainError(404, 'accounts.no_plan', 'The account has no plan.');
    return plan;
  }
}

/** A plan of any shape, of which the rules can be asked: what is of the wrong type is not there. */
function looselyRead(raw: unknown): Plan {
  const fields = (isRecord(raw) ? raw : {}) as Partial<Plan>;
  const scopes = Array.isArray(fields.scopes) ? (fields.scopes as unknown[]) : [];
  const ceiling = fields.daily_spend_ceiling;
  return {
    ...(typeof ceiling === 'number' ? { daily_spend_ceiling: ceiling } : {}),
    scopes: scopes.map((scope) => looseScope(isRecord(scope) ? scope : {})),
  };
}

function looseScope(scope: Record<string, unknown>): PlanScope {
  const { campaign_ids: ids } = scope;
  const typed = Object.entries(scope).filter(([name, value]) =>
    /budget|target$/.test(name) ? typeof value === 'number' : typeof value === 'string',
  );
  const campaigns = Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  return {
    ...(Object.fromEntries(typed) as object as PlanScope),
    campaign_ids: ids === 'all' ? ids : campaigns,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuseBrokenRules(plan: Plan, currency: string): void {
  const faults = planFaults(plan, currency);
  if (faults.length > 0) throw invalidInput(faults);
}

function refuseUnknownPolicies({ scopes }: Plan): void {
  const detail = `must be one of ${POLICIES.map(({ name }) => name).join(', ')}`;
  const faults = scopes.flatMap(({ policy }, index) =>
    policy === undefined || policyNamed(policy)
      ? []
      : [{ pointer: `/scopes/${index}/policy`, detail }],
  );
  if (faults.length > 0) throw invalidInput(faults);
}
