import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AccountScope,
  Caller,
  callerName,
  type Account,
  type Principal,
} from '../../accounts/index.js';
import {
  BulkIntake,
  DocumentedAnswer,
  DocumentedQuery,
  ValidBody,
  ValidQuery,
} from '../../shared/index.js';
import {
  ATTEMPT_EXAMPLE,
  COST_EXAMPLE,
  AccountQuery,
  CHANGES_EXAMPLE,
  CHANGE_ANSWER_EXAMPLE,
  ChangesQuery,
  NewChange,
} from './changes.dto.js';
import { ChangesService, type ChangesAnswer } from './changes.service.js';
import { showAttempt, showChange, showCost } from './show-change.js';
import { UndoService } from './undo.service.js';

const INTAKE = new BulkIntake<ChangesAnswer>({
  lists: { changes: NewChange },
  code: 'execution.invalid',
  rejectsUnknown: true,
  join: (first, second) => ({ ids: [...first.ids, ...second.ids] }),
});

@ApiTags('execution')
@Controller('v1/execution/changes')
export class ChangesController {
  constructor(
    private readonly scope: AccountScope,
    private readonly changes: ChangesService,
    private readonly undos: UndoService,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Queue changes (1–1000)',
    description:
      'Values are absolute. ids[i] belongs to changes[i]: the existing id for a duplicate, null for ' +
      'a rejected item. A newer change of the same object and type supersedes one not yet executing.',
  })
  @INTAKE.route(CHANGES_EXAMPLE)
  @DocumentedAnswer(202, 'What was taken', {
    ...{ accepted: 1, duplicates: 0, rejected: [], ids: [CHANGE_ANSWER_EXAMPLE.id] },
  })
  async post(@Caller() caller: Principal, @Body() body: unknown, @Query() query: unknown) {
    const lists = INTAKE.read(body, query);
    const account = await this.scope.account(caller);
    const by = callerName(caller);
    return INTAKE.take(lists, ({ changes = [] }) => this.changes.post(account, changes, by));
  }

  @Get()
  @ApiOperation({ summary: 'Changes, newest first' })
  @DocumentedQuery(ChangesQuery)
  @DocumentedAnswer(200, 'One page', { items: [CHANGE_ANSWER_EXAMPLE], next_cursor: null })
  async list(@Caller() caller: Principal, @ValidQuery(ChangesQuery) query: ChangesQuery) {
    const account = await this.scope.account(caller, query.account_id);
    const page = await this.changes.list(account.accountId, query);
    const items = page.items.map((change) => showChange(change, account.currency));
    return { items, next_cursor: page.next_cursor };
  }

  @Get(':id')
  @ApiOperation({
    summary: 'One change: who, what, why, before, after, decision, attempts, cost of being wrong',
  })
  @DocumentedQuery(AccountQuery)
  @DocumentedAnswer(200, 'The change', {
    ...{ ...CHANGE_ANSWER_EXAMPLE, cost_of_being_wrong: COST_EXAMPLE, attempts: [ATTEMPT_EXAMPLE] },
  })
  async one(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @ValidQuery(AccountQuery) query: AccountQuery,
  ) {
    const account = await this.scope.account(caller, query.account_id);
    const change = await this.changes.one(account.accountId, id);
    const attempts = await this.changes.attemptsOf(account.accountId, id);
    const decided = await this.changes.decidedMove(change);
    return {
      ...showChange(change, account.currency),
      cost_of_being_wrong: showCost(change, account.currency, decided),
      attempts: attempts.map((attempt) => showAttempt(attempt, account.currency)),
    };
  }

  @Post(':id/approve')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a change go that awaits approval' })
  @DocumentedQuery(AccountQuery)
  @DocumentedAnswer(200, 'The change', CHANGE_ANSWER_EXAMPLE)
  async approve(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @ValidQuery(AccountQuery) query: AccountQuery,
    @ValidBody(AccountQuery) body: AccountQuery,
  ) {
    const account = await this.account(caller, query, body);
    const change = await this.changes.approve(account, id, callerName(caller));
    return showChange(change, account.currency);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take a change out of the queue before it is written' })
  @DocumentedQuery(AccountQuery)
  @DocumentedAnswer(200, 'The change', { ...CHANGE_ANSWER_EXAMPLE, status: 'cancelled' })
  async cancel(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @ValidQuery(AccountQuery) query: AccountQuery,
    @ValidBody(AccountQuery) body: AccountQuery,
  ) {
    const account = await this.account(caller, query, body);
    const change = await this.changes.cancel(account.accountId, id, callerName(caller));
    return showChange(change, account.currency);
  }

  @Post(':id/undo')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Queue the inverse of a completed change',
    description:
      'Reads the live value at once: 409 execution.drift when it is no longer what the change set, ' +
      '409 execution.not_completed. The answer is the inverse change. Money spent stays spent.',
  })
  @DocumentedQuery(AccountQuery)
  @DocumentedAnswer(202, 'The inverse change', {
    ...{ ...CHANGE_ANSWER_EXAMPLE, id: 'chg_1p7c5d2f8b4a', status: 'pending', origin: 'undo' },
    undo_of: CHANGE_ANSWER_EXAMPLE.id,
  })
  async undo(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @ValidQuery(AccountQuery) query: AccountQuery,
    @ValidBody(AccountQuery) body: AccountQuery,
  ) {
    const account = await this.account(caller, query, body);
    const inverse = await this.undos.undo(account, id, callerName(caller));
    return showChange(inverse, account.currency);
  }

  private account(caller: Principal, query: AccountQuery, body: AccountQuery): Promise<Account> {
    return this.scope.account(caller, query.account_id ?? body.account_id);
  }
}
