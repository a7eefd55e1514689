import assert from 'node:assert/strict';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AccountScope,
  Caller,
  callerName,
  namedAccount,
  type Account,
  type Principal,
} from '../../accounts/index.js';
import {
  Breather,
  CallerLeft,
  DocumentedAnswer,
  DocumentedBody,
  DocumentedQuery,
  FaultCollector,
  ValidQuery,
  bodyReader,
  currencyOffset,
  invalidInput,
  isWholeMinor,
  jsonPieces,
  largeAnswer,
} from '../../shared/index.js';
import {
  ALLOCATE_EXAMPLE,
  AllocateBody,
  DECISION_EXAMPLE,
  DecisionQuery,
  DecisionsQuery,
  LISTED_DECISION_EXAMPLE,
} from './allocate.dto.js';
import { DecisionsService, type ListedDecision } from './decisions.service.js';
import { POLICIES } from '../policies/policies.js';
import { requestedPolicy } from '../policies/requested-policy.js';
import { SamplingService, type AllocationRequest } from './sampling.service.js';

const readAllocateBody = bodyReader<AllocateBody>(AllocateBody);

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
    @Body() raw: unknown,
    @CallerLeft() left: AbortSignal,
  ) {
    const decision = await this.sampling.allocate(...(await this.readAllocate(caller, raw)), left);
    return largeAnswer(await new Breather().through(jsonPieces(decision)));
  }

  private async readAllocate(
    caller: Principal,
    raw: unknown,
  ): Promise<[Account, AllocationRequest]> {
    const faults = new FaultCollector();
    const body = await faults.of(() => readAllocateBody(raw));
    const asked = looselyRead(raw);
    const account = await faults.of(() => this.scope.account(caller, namedAccount(raw)));
    const policy = await faults.of(() => requestedPolicy(asked.text('policy')));
    const asOf = account && (await faults.of(() => this.scope.asOf(account, asked.text('as_of'))));
    await faults.of(() => account && refuseFractions(account, asked.number('total_budget')));
    faults.end();
    assert(body && account && policy && asOf, 'what was refused is reported above');
    return [
      account,
      {
        ...{ policy, asOf, totalBudget: body.total_budget, seed: body.seed, apply: body.apply },
        ...{ campaignId: body.campaign_id, adIds: body.ad_ids, maxStepPct: body.max_step_pct },
        requestedBy: callerName(caller),
      },
    ];
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
  @ApiOperation({
    summary: 'Decisions, newest first',
    description: 'With counts; what each ad is to get is shown under the id of its decision.',
  })
  @DocumentedQuery(DecisionsQuery)
  @DocumentedAnswer(200, 'One page', {
    items: [LISTED_DECISION_EXAMPLE],
    next_cursor: null,
  })
  async list(@Caller() caller: Principal, @ValidQuery(DecisionsQuery) query: DecisionsQuery) {
    const account = await this.scope.account(caller, query.account_id);
    const page = await this.decisions.list(account.accountId, query);
    return { items: page.items.map(showListed), next_cursor: page.next_cursor };
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
    const answer = await this.decisions.textOf('answer', decision);
    const inputs = query.inputs ? await this.decisions.textOf('inputs', decision) : null;
    const replay = query.replay ? await this.sampling.replay(account, decision) : null;
    // The stored text goes out as it is, with what is known beside it put around.
    const end = JSON.stringify({ ...recordOf(decision), ...(replay && { replay }) });
    return largeAnswer([
      Buffer.from(`{"decision_id":${JSON.stringify(decisionId)},`),
      ...fieldsOf(answer),
      ...(inputs ? [Buffer.from(',"inputs":'), ...inputs] : []),
      Buffer.from(`,${end.slice(1)}`),
    ]);
  }
}

/** The fields of an object's text: what stands within its braces. */
function fieldsOf(pieces: readonly Buffer[]): Buffer[] {
  return pieces.map((piece, place) =>
    piece.subarray(place === 0 ? 1 : 0, place === pieces.length - 1 ? -1 : undefined),
  );
}

function showListed(decision: ListedDecision) {
  return {
    decision_id: decision.decisionId,
    policy: decision.policy,
    as_of: decision.asOf.toISOString(),
    seed: decision.seed,
    ...decision.summary,
    ...recordOf(decision),
  };
}

function recordOf(decision: Omit<ListedDecision, 'summary'>) {
  return {
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

/** Fields of a body whose shape may be wrong: what is not of its kind is not there. */
function looselyRead(raw: unknown) {
  const fields = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  return {
    text: (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined),
    number: (name: string) => (typeof fields[name] === 'number' ? fields[name] : undefined),
  };
}

function refuseFractions({ currency }: Account, totalBudget: number | undefined): void {
  if (totalBudget === undefined || isWholeMinor(totalBudget, currency)) return;
  const smallest = 1 / currencyOffset(currency);
  const detail = `must be a multiple of ${smallest} ${currency}`;
  throw invalidInput([{ pointer: '/total_budget', detail }]);
}
