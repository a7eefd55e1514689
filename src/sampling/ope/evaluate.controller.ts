import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, type Principal } from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  ValidBody,
  invalidInput,
  parseInstant,
} from '../../shared/index.js';
import { EVALUATE_EXAMPLE, EVALUATION_EXAMPLE, EvaluateBody } from './evaluate.dto.js';
import { EvaluationService } from './evaluation.service.js';
import { requestedPolicy } from '../policies/requested-policy.js';

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
      'below seven days or while the interval holds zero. Over content nothing has been logged ' +
      'with its probability yet: every estimate is null, and the answer says why.',
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
    const policy = requestedPolicy(body.policy);
    return body.over === 'budgets'
      ? this.evaluation.budgets(account, policy, from, to)
      : this.evaluation.content(policy, from, to);
  }
}
