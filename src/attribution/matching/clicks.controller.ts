import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AccountScope,
  AllowIngest,
  Caller,
  namedAccount,
  type Principal,
} from '../../accounts/index.js';
import { asOfOf } from '../../metrics/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  Instant,
  Type,
  intakeBody,
  intakeItems,
} from '../../shared/index.js';
import { CLICKS_EXAMPLE, NewClick } from './clicks.dto.js';
import { ClicksService } from './clicks.service.js';

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
  @DocumentedBody(
    intakeBody({ clicks: NewClick }, { as_of: Type.Optional(Instant("The caller's clock.")) }),
    CLICKS_EXAMPLE,
  )
  @DocumentedAnswer(202, 'What was taken', {
    accepted: 1,
    duplicates: 0,
    rejected: [],
  })
  async reportClicks(@Caller() caller: Principal, @Body() body: unknown, @Query() query: unknown) {
    const account = await this.scope.account(caller, namedAccount(body) ?? namedAccount(query));
    const items = intakeItems(body, 'clicks');
    return this.clicks.take(account, items, await this.scope.asOf(account, asOfOf(body, query)));
  }
}
