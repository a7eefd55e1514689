import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, callerName, type Principal } from '../accounts/index.js';
import { DecisionsService } from '../sampling/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  DocumentedQuery,
  ValidBody,
  ValidQuery,
} from '../shared/index.js';
import { AccountQuery, CHANGE_ANSWER_EXAMPLE } from './queue/changes.dto.js';
import { ChangesService } from './queue/changes.service.js';
import { showChange } from './queue/show-change.js';
import { DecisionQueue } from './queue/decision-queue.service.js';
import { KillSwitch } from './guards/kill-switch.service.js';
import { showAccountSwitch, showSwitch } from './guards/pauses.js';
import { PlanService } from './run/plan.service.js';

const SWITCH_EXAMPLE = {
  ...{ paused: true, scope: 'account', changed_by: 'key:default' },
  ...{ changed_at: '2026-11-22T08:00:00.000Z', account_id: 'acme', detail: null },
};
const SWITCH_SCOPE =
  'The admin without account_id switches all accounts; the admin with one, and a full key, that ' +
  'account only. A key lifts its own pauses only (409 names whose it is), the admin all.';

const { id, ad_id } = CHANGE_ANSWER_EXAMPLE;
const PLAN_EXAMPLE = {
  ...{
    account_id: 'acme',
    mode: 'live',
    paused: false,
    paused_by: null,
    as_of: '2026-11-22T08:00:00.000Z',
  },
  batches: [{ mode: 'single', changes: [{ id, ad_id, from: 50, to: 60 }] }],
  blocked: [
    {
      ...{ id: 'chg_2q8d6e3g9c5b', ad_id, verdict: 'deferred' },
      blocked_by: 'execution.budget_velocity',
      reason: '44.0 % away from the budget of 6 h ago, 20 % are allowed within 6 h',
      not_before: '2026-11-22T14:00:00.000Z',
    },
  ],
  worst_case_daily_exposure: {
    ...{ amount: 105, today: 87.5, factor: 1.75 },
    ...{ daily_spend_ceiling: 1000, ceiling_worst_case: 1750 },
  },
};
@ApiTags('execution')
@Controller('v1')
export class ExecutionController {
  constructor(
    private readonly scope: AccountScope,
    private readonly plans: PlanService,
    private readonly killSwitch: KillSwitch,
    private readonly decisions: DecisionsService,
    private readonly queue: DecisionQueue,
    private readonly changes: ChangesService,
  ) {}

  @Get('execution/plan')
  @ApiOperation({ summary: 'What the executor would do now' })
  @DocumentedQuery(AccountQuery)
  @DocumentedAnswer(200, 'The plan', PLAN_EXAMPLE)
  async plan(@Caller() caller: Principal, @ValidQuery(AccountQuery) query: AccountQuery) {
    return this.plans.planOf(await this.scope.account(caller, query.account_id));
  }

  @Post('execution/pause')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Kill switch: no write goes out any more, restarts included',
    description: SWITCH_SCOPE,
  })
  @DocumentedQuery(AccountQuery)
  @DocumentedBody(AccountQuery, { account_id: 'acme' })
  @DocumentedAnswer(200, 'The switch', SWITCH_EXAMPLE)
  async pause(
    @Caller() caller: Principal,
    @ValidQuery(AccountQuery) query: AccountQuery,
    @ValidBody(AccountQuery) body: AccountQuery,
  ) {
    return this.throwSwitch(true, caller, query.account_id ?? body.account_id);
  }

  @Post('execution/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let writes go out again', description: SWITCH_SCOPE })
  @DocumentedQuery(AccountQuery)
  @DocumentedBody(AccountQuery, { account_id: 'acme' })
  @DocumentedAnswer(200, 'The switch', { ...SWITCH_EXAMPLE, paused: false })
  async resume(
    @Caller() caller: Principal,
    @ValidQuery(AccountQuery) query: AccountQuery,
    @ValidBody(AccountQuery) body: AccountQuery,
  ) {
    return this.throwSwitch(false, caller, query.account_id ?? body.account_id);
  }

  @Post('sampling/decisions/:decision_id/apply')
  @HttpCode(200)
  @ApiOperation({ summary: 'Queue the changes of a decision; again gives the same changes' })
  @DocumentedQuery(AccountQuery)
  @DocumentedAnswer(200, 'The changes', { decision_id: 'dec_7', changes: [CHANGE_ANSWER_EXAMPLE] })
  async apply(
    @Caller() caller: Principal,
    @Param('decision_id') decisionId: string,
    @ValidQuery(AccountQuery) query: AccountQuery,
    @ValidBody(AccountQuery) body: AccountQuery,
  ) {
    const account = await this.scope.account(caller, query.account_id ?? body.account_id);
    const { accountId, currency } = account;
    await this.queue.refuseStale(account, decisionId);
    await this.decisions.requestApply(accountId, decisionId, callerName(caller));
    await this.queue.queueNow(accountId, decisionId);
    const changes = await this.changes.ofDecision(accountId, decisionId);
    return {
      decision_id: decisionId,
      changes: changes.map((change) => showChange(change, currency)),
    };
  }

  private async throwSwitch(isPaused: boolean, caller: Principal, named: string | undefined) {
    const who = callerName(caller);
    if (caller.kind === 'admin' && named === undefined) {
      return showSwitch(await this.killSwitch.set(isPaused, who));
    }
    const { accountId } = await this.scope.account(caller, named);
    const by = { name: who, isAdmin: caller.kind === 'admin' };
    return showAccountSwitch(accountId, await this.killSwitch.setAccount(accountId, isPaused, by));
  }
}
