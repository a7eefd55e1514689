import { Body, Controller, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
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
  DocumentedQuery,
  Instant,
  MILLIS_PER_DAY,
  Type,
  ValidBody,
  ValidQuery,
  intakeBody,
  intakeItems,
  parseInstant,
} from '../../shared/index.js';
import { AdjustmentsService } from '../ledger/adjustments.service.js';
import {
  ADJUSTMENTS_EXAMPLE,
  AccountQuery,
  CLICKS_EXAMPLE,
  NewAdjustment,
  NewClick,
  STAGES_EXAMPLE,
  StagesBody,
  SummaryQuery,
} from './clicks.dto.js';
import { ClicksService } from './clicks.service.js';
import { URL_PARAMETERS } from './match.js';
import { SummaryService } from '../summary/summary.service.js';

const TAKEN = { accepted: 1, duplicates: 0, rejected: [] };
const SUMMARY_DAYS = 30;

@ApiTags('attribution')
@Controller('v1')
export class AttributionController {
  constructor(
    private readonly scope: AccountScope,
    private readonly clicks: ClicksService,
    private readonly adjustments: AdjustmentsService,
    private readonly summaries: SummaryService,
  ) {}

  @Post('clicks')
  @HttpCode(202)
  @AllowIngest()
  @ApiOperation({
    summary: 'Report clicks (1–1000); they serve matching only and are never counted',
  })
  @DocumentedBody(
    intakeBody({ clicks: NewClick }, { as_of: Type.Optional(Instant("The caller's clock.")) }),
    CLICKS_EXAMPLE,
  )
  @DocumentedAnswer(202, 'What was taken', TAKEN)
  async reportClicks(@Caller() caller: Principal, @Body() body: unknown, @Query() query: unknown) {
    const account = await this.scope.account(caller, namedAccount(body) ?? namedAccount(query));
    const items = intakeItems(body, 'clicks');
    return this.clicks.take(account, items, await this.scope.asOf(account, asOfOf(body, query)));
  }

  @Post('conversions/adjustments')
  @HttpCode(202)
  @AllowIngest()
  @ApiOperation({
    summary: 'Refunds, cancellations, corrections and CRM stages of conversions (1–1000)',
    description: 'Any order and repetition ends in the belief of the net conversion sent once.',
  })
  @DocumentedBody(intakeBody({ adjustments: NewAdjustment }), ADJUSTMENTS_EXAMPLE)
  @DocumentedAnswer(202, 'What was taken', TAKEN)
  async adjust(@Caller() caller: Principal, @Body() body: unknown, @Query() query: unknown) {
    const account = await this.scope.account(caller, namedAccount(body) ?? namedAccount(query));
    return this.adjustments.take(account, intakeItems(body, 'adjustments'));
  }

  @Put('attribution/stages')
  @ApiOperation({ summary: 'Price the stages of your CRM: value and probability of a sale' })
  @DocumentedBody(StagesBody, STAGES_EXAMPLE)
  @DocumentedAnswer(200, 'The stages as they are now', {
    stages: [{ stage: 'lead', value: 2000, probability: 0.05, pipeline_value: 100 }],
  })
  async putStages(@Caller() caller: Principal, @ValidBody(StagesBody) body: StagesBody) {
    return this.adjustments.putStages(await this.scope.account(caller, body.account_id), body);
  }

  @Get('attribution/url-parameters')
  @ApiOperation({ summary: "For Ads Manager's field “URL parameters”" })
  @DocumentedQuery(AccountQuery)
  @DocumentedAnswer(200, 'The text to paste', { url_parameters: URL_PARAMETERS })
  urlParameters() {
    return { url_parameters: URL_PARAMETERS };
  }

  @Get('attribution/summary')
  @ApiOperation({
    summary: 'From the door to the ad: received, valid, delivered, matched, and why',
  })
  @DocumentedQuery(SummaryQuery)
  @DocumentedAnswer(200, 'The summary', {
    received: 42,
    duplicates: 20,
    rejected: { 'conversions.too_old': 5 },
    valid: 17,
    delivered: 16,
    dead: 1,
    expired: 0,
    attributed: { ad_id: 2, click_id: 5, none: 10 },
    value: 558.3,
    by_ad: [
      {
        ...{ ad_id: '23842000000000001', conversions: 7, value: 558.3 },
        ...{ first_party_conversions: 9, platform_conversions: 12, ratio: 0.75 },
      },
    ],
  })
  async summary(@Caller() caller: Principal, @ValidQuery(SummaryQuery) query: SummaryQuery) {
    const account = await this.scope.account(caller, query.account_id);
    const to = (query.to && parseInstant(query.to)) || (await this.scope.now(account));
    const from =
      (query.from && parseInstant(query.from)) ||
      new Date(to.getTime() - SUMMARY_DAYS * MILLIS_PER_DAY);
    return this.summaries.summary(account, from, to);
  }
}
