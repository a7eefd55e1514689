import assert from 'node:assert/strict';
import { Body, Controller, HttpCode, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, AllowIngest, Caller, type Principal } from '../../accounts/index.js';
import {
  BulkIntake,
  DocumentedAnswer,
  DocumentedBody,
  FaultCollector,
  bodyReader,
  invalidInput,
  type InputFault,
} from '../../shared/index.js';
import {
  ADJUSTMENTS_EXAMPLE,
  NewAdjustment,
  STAGES_EXAMPLE,
  StagesBody,
} from './adjustments.dto.js';
import { AdjustmentsService } from './adjustments.service.js';

const readStages = bodyReader<StagesBody>(StagesBody);

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
  @INTAKE.route(ADJUSTMENTS_EXAMPLE)
  @DocumentedAnswer(202, 'What was taken', {
    accepted: 1,
    duplicates: 0,
    rejected: [],
  })
  async adjust(@Caller() caller: Principal, @Body() body: unknown, @Query() query: unknown) {
    const lists = INTAKE.read(body, query);
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
  async putStages(@Caller() caller: Principal, @Body() raw: unknown) {
    const account = await this.scope.account(caller);
    const faults = new FaultCollector();
    const body = await faults.of(() => readStages(raw));
    await faults.of(() => refuseRepeatedStages(raw));
    faults.end();
    assert(body, 'what was refused is reported above');
    return this.adjustments.putStages(account, body);
  }
}

/** Whatever else is wrong with them. */
function refuseRepeatedStages(raw: unknown): void {
  const { stages } = (raw ?? {}) as { stages?: unknown };
  if (!Array.isArray(stages)) return;
  const names = new Set<unknown>();
  const faults: InputFault[] = [];
  stages.forEach((one: { stage?: unknown } | null, index) => {
    const name = one?.stage;
    if (name === undefined) return;
    const pointer = `/stages/${index}/stage`;
    if (names.has(name)) faults.push({ pointer, detail: 'is in the list already' });
    names.add(name);
  });
  if (faults.length > 0) throw invalidInput(faults);
}
