import assert from 'node:assert/strict';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, namedAccount, type Principal } from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  FaultCollector,
  bodyReader,
  invalidInput,
  parseInstant,
} from '../../shared/index.js';
import { EVALUATE_EXAMPLE, EVALUATION_EXAMPLE, EvaluateBody } from './evaluate.dto.js';
import { EvaluationService } from './evaluation.service.js';
import { requestedPolicy } from '../policies/requested-policy.js';

const readEvaluateBody = bodyReader<EvaluateBody>(EvaluateBody);

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
  async evaluate(@Caller() caller: Principal, @Body() raw: unknown) {
    const faults = new FaultCollector();
    const body = await faults.of(() => readEvaluateBody(raw));
    const account = await faults.of(() => this.scope.account(caller, namedAccount(raw)));
    const { policy: name, from, to } = (raw ?? {}) as Record<string, unknown>;
    const policy = await faults.of(() =>
      typeof name === 'string' ? requestedPolicy(name) : undefined,
    );
    const span = await faults.of(() => spanOf(from, to));
    faults.end();
    assert(body && account && policy && span, 'what was refused is reported above');
    return body.over === 'budgets'
      ? this.evaluation.budgets(account, policy, span.from, span.to)
      : this.evaluation.content(policy, span.from, span.to);
  }
}

/** null where one of them is no instant at all: the shape of the body says so. */
function spanOf(first: unknown, last: unknown): { from: Date; to: Date } | null {
  const from = typeof first === 'string' ? parseInstant(first) : null;
  const to = typeof last === 'string' ? parseInstant(last) : null;
  if (!from || !to) return null;
  if (from >= to) throw invalidInput([{ pointer: '/to', detail: 'must be later than from' }]);
  return { from, to };
}
