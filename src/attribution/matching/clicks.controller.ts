import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, AllowIngest, Caller, type Principal } from '../../accounts/index.js';
import { readIntake } from '../../metrics/index.js';
import { BulkIntake, DocumentedAnswer, Instant, Type } from '../../shared/index.js';
import { CLICKS_EXAMPLE, NewClick } from './clicks.dto.js';
import { ClicksService } from './clicks.service.js';

const AS_OF = { as_of: Type.Optional(Instant("The caller's clock.")) };
const INTAKE = new BulkIntake({
  lists: { clicks: NewClick },
  code: 'clicks.invalid',
  others: AS_OF,
  query: AS_OF,
});

@ApiTags('attribution')
@Controller('v1/clicks')
export class ClicksController {
  constructor(
    private readonly scope: AccountScope,
    private readonly clicks: ClicksService,
  ) {}

  @Post()
  @HttpCode(202)
  @AllowIngest()
  @ApiOperation({
    summary: 'Report clicks (1–1000); they serve matching only and are never counted',
  })
  @INTAKE.route(CLICKS_EXAMPLE)
  @DocumentedAnswer(202, 'What was taken', {
    accepted: 1,
    duplicates: 0,
    rejected: [],
  })
  async reportClicks(@Caller() caller: Principal, @Body() body: unknown, @Query() query: unknown) {
    const { lists, account, asOf } = await readIntake(this.scope, INTAKE, caller, body, query);
    return INTAKE.take(lists, ({ clicks = [] }) => this.clicks.take(account, clicks, asOf));
  }
}
