import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, type Principal } from '../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  DomainError,
  ValidBody,
  invalidInput,
  parseInstant,
} from '../shared/index.js';
import { EVALUATE_EXAMPLE, EVALUATION_EXAMPLE, EvaluateBody } from './evaluate.dto.js';
import { EvaluationService } from './evaluation.service.js';
import { requestedPolicy } from './requested-policy.js';

@ApiTags('sampling')
@Controller('v1/sampling/evaluate')
export class EvaluateController {
  constructor(
    private readonly scope: AccountScope,
    private readonly evaluation: EvaluationService,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'What another policy would have earned, from what was recorded',
    description:
      'Budgets were not randomised, so they are replayed by the model, paired by day; no verdict ' +
      'below seven days or while the interval holds zero.',
  })
  @DocumentedBody(EvaluateBody, EVALUATE_EXAMPLE)
  @DocumentedAnswer(200, 'The comparison', EVALUATION_EXAMPLE)
  async evaluate(@Caller() caller: Principal, @ValidBody(EvaluateBody) body: EvaluateBody) {
    const account = await this.scope.account(caller, body.account_id);
    const from = parseInstant(body.from);
    const to = parseInstant(body.to);
    if (!from || !to || from >= to) {
      throw invalidInput([{ pointer: '/to', detail: 'must be later than from' }]);
    }
    if (body.over === 'budgets') {
      return this.evaluation.budgets(account, requestedPolicy(body.policy), from, to);
    }
    throw new DomainError(
      422,
      'sampling.no_logged_choices',
      'No content choice with its probability was logged for this account in that span.',
    );
  }
}
