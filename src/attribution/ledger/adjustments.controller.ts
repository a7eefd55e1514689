import { Body, Controller, HttpCode, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, AllowIngest, Caller, type Principal } from '../../accounts/index.js';
import { BulkIntake, DocumentedAnswer, DocumentedBody, ValidBody } from '../../shared/index.js';
import {
  ADJUSTMENTS_EXAMPLE,
  NewAdjustment,
  STAGES_EXAMPLE,
  StagesBody,
} from './adjustments.dto.js';
import { AdjustmentsService } from './adjustments.service.js';

const INTAKE = new BulkIntake({
  lists: { adjustments: NewAdjustment },
  code: 'adjustments.invalid',
});

@ApiTags('attribution')
@Controller('v1')
export class AdjustmentsController {
  constructor(
    private readonly scope: AccountScope,
    private readonly adjustments: AdjustmentsService,
  ) {}

  @Post('conversions/adjustments')
  @HttpCode(202)
  @AllowIngest()
  @ApiOperation({
    summary: 'Refunds, cancellations, corrections and CRM stages of conversions (1–1000)',
    description: 'Any order and repetition ends in the belief of the net conversion sent once.',
  })
  @DocumentedBody(INTAKE.schema, ADJUSTMENTS_EXAMPLE)
  @DocumentedAnswer(202, 'What was taken', {
    accepted: 1,
    duplicates: 0,
    rejected: [],
  })
  async adjust(@Caller() caller: Principal, @Body() body: unknown) {
    const lists = INTAKE.read(body);
    const account = await this.scope.account(caller);
    return INTAKE.take(lists, ({ adjustments = [] }) =>
      this.adjustments.take(account, adjustments),
    );
  }

  @Put('attribution/stages')
  @ApiOperation({ summary: 'Price the stages of your CRM: value and probability of a sale' })
  @DocumentedBody(StagesBody, STAGES_EXAMPLE)
  @DocumentedAnswer(
    200,
    'The stages as they are now, and how many conversions are worth another sum',
    {
      settled: 0,
      stages: [{ stage: 'lead', value: 2000, probability: 0.05, pipeline_value: 100 }],
    },
  )
  async putStages(@Caller() caller: Principal, @ValidBody(StagesBody) body: StagesBody) {
    return this.adjustments.putStages(await this.scope.account(caller, body.account_id), body);
  }
}
