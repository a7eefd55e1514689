// The door of an account's plan. In this room, not in accounts, because only this room knows which
// policies a scope may name.
import { Controller, Get, Param, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AccountScope,
  AdsService,
  Caller,
  PLAN_EXAMPLE,
  PlanBody,
  PlansService,
  callerName,
  type Principal,
} from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  DomainError,
  ValidBody,
  invalidInput,
} from '../../shared/index.js';
import { POLICIES, policyNamed } from '../policies/policies.js';
import { planWarnings } from './plan-warnings.js';

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
    @ValidBody(PlanBody) body: PlanBody,
  ) {
    const account = await this.scope.account(caller, accountId);
    refuseUnknownPolicies(body);
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

function refuseUnknownPolicies({ scopes }: PlanBody): void {
  const detail = `must be one of ${POLICIES.map(({ name }) => name).join(', ')}`;
  const faults = scopes.flatMap(({ policy }, index) =>
    policy === undefined || policyNamed(policy)
      ? []
      : [{ pointer: `/scopes/${index}/policy`, detail }],
  );
  if (faults.length > 0) throw invalidInput(faults);
}
