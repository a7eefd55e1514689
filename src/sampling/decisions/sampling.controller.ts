import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, callerName, type Principal } from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  DocumentedQuery,
  ValidBody,
  ValidQuery,
} from '../../shared/index.js';
import {
  ALLOCATE_EXAMPLE,
  AllocateBody,
  DECISION_EXAMPLE,
  DecisionQuery,
  DecisionsQuery,
} from './allocate.dto.js';
import type { Decision } from './decision.entity.js';
import { DecisionsService } from './decisions.service.js';
import { POLICIES } from '../policies/policies.js';
import { SamplingService, type DecisionReply } from './sampling.service.js';

@ApiTags('sampling')
@Controller('v1/sampling')
export class SamplingController {
  constructor(
    private readonly scope: AccountScope,
    private readonly sampling: SamplingService,
    private readonly decisions: DecisionsService,
  ) {}

  @Post('allocate')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Split a daily budget over ads',
    description:
      'The decision is recorded with its inputs and seed; apply=true queues its changes.',
  })
  @DocumentedBody(AllocateBody, ALLOCATE_EXAMPLE)
  @DocumentedAnswer(200, 'The decision', DECISION_EXAMPLE)
  async allocate(
    @Caller() caller: Principal,
    @ValidBody(AllocateBody) body: AllocateBody,
  ): Promise<DecisionReply> {
    const account = await this.scope.account(caller, body.account_id);
    return this.sampling.allocate(account, {
      totalBudget: body.total_budget,
      policy: body.policy,
      campaignId: body.campaign_id,
      adIds: body.ad_ids,
      asOf: await this.scope.asOf(account, body.as_of),
      seed: body.seed,
      apply: body.apply,
      maxStepPct: body.max_step_pct,
      requestedBy: callerName(caller),
    });
  }

  @Get('policies')
  @ApiOperation({ summary: 'The policies, the default first' })
  @DocumentedAnswer(200, 'Names with one line each', [
    { name: 'delay_corrected', description: 'Thompson water-filling…', default: true },
  ])
  policies() {
    return POLICIES.map(({ name, description }, index) => ({
      name,
      description,
      default: index === 0,
    }));
  }

  @Get('decisions')
  @ApiOperation({ summary: 'Decisions, newest first' })
  @DocumentedQuery(DecisionsQuery)
  @DocumentedAnswer(200, 'One page', { items: [DECISION_EXAMPLE], next_cursor: null })
  async list(@Caller() caller: Principal, @ValidQuery(DecisionsQuery) query: DecisionsQuery) {
    const account = await this.scope.account(caller, query.account_id);
    const page = await this.decisions.list(account.accountId, query);
    return { items: page.items.map(showDecision), next_cursor: page.next_cursor };
  }

  @Get('decisions/:decision_id')
  @ApiOperation({ summary: 'One decision as it left, with its inputs' })
  @DocumentedQuery(DecisionQuery)
  @DocumentedAnswer(200, 'The decision', { ...DECISION_EXAMPLE, policy_version: '3', inputs: {} })
  async one(
    @Caller() caller: Principal,
    @Param('decision_id') decisionId: string,
    @ValidQuery(DecisionQuery) query: DecisionQuery,
  ) {
    const account = await this.scope.account(caller, query.account_id);
    const decision = await this.decisions.one(account.accountId, decisionId);
    return {
      ...showDecision(decision),
      inputs: decision.inputs,
      ...(query.replay ? { replay: this.decisions.replay(decision) } : {}),
    };
  }
}

function showDecision(decision: Decision) {
  return {
    decision_id: decision.decisionId,
    ...decision.answer,
    policy_version: decision.policyVersion,
    scope_id: decision.scopeId,
    local_day: decision.localDay,
    created_at: decision.createdAt.toISOString(),
    created_by: decision.createdBy,
    apply_requested_at: decision.applyRequestedAt?.toISOString() ?? null,
    queued_at: decision.queuedAt?.toISOString() ?? null,
    queue_failed_at: decision.queueFailedAt?.toISOString() ?? null,
    queue_failure: decision.queueFailure,
  };
}
