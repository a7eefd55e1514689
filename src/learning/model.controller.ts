import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, type Principal } from '../accounts/index.js';
import { DocumentedAnswer, DocumentedQuery, ValidQuery } from '../shared/index.js';
import { LESSON_EXAMPLE, MODEL_EXAMPLE, ModelQuery } from './model.dto.js';
import { ModelService } from './model.service.js';

@ApiTags('events and instant learning')
@Controller('v1/learning')
export class ModelController {
  constructor(
    private readonly scope: AccountScope,
    private readonly models: ModelService,
  ) {}

  @Get('model')
  @ApiOperation({
    summary: 'The online model, its calibration, the delay curve, coupling and drifts',
  })
  @DocumentedQuery(ModelQuery)
  @DocumentedAnswer(200, 'The model', MODEL_EXAMPLE)
  async model(@Caller() caller: Principal, @ValidQuery(ModelQuery) query: ModelQuery) {
    const account = await this.scope.account(caller, query.account_id);
    return this.models.show(account, await this.scope.asOf(account, query.as_of));
  }

  @Get('events/:event_id')
  @ApiOperation({
    summary: 'What one event taught',
    description:
      'Prediction and loss as they were when it came; the belief of its ad without and with it, ' +
      'both as of now (or `as_of`); the weights before and after. Impressions move rates only, so ' +
      'they have no prediction.',
  })
  @DocumentedQuery(ModelQuery)
  @DocumentedAnswer(200, 'The lesson', LESSON_EXAMPLE)
  async lesson(
    @Caller() caller: Principal,
    @Param('event_id') eventId: string,
    @ValidQuery(ModelQuery) query: ModelQuery,
  ) {
    const account = await this.scope.account(caller, query.account_id);
    return this.models.lesson(account, eventId, await this.scope.asOf(account, query.as_of));
  }
}
