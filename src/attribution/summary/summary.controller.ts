import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, type Principal } from '../../accounts/index.js';
import {
  CallerLeft,
  DocumentedAnswer,
  DocumentedQuery,
  MILLIS_PER_DAY,
  ValidQuery,
  parseInstant,
} from '../../shared/index.js';
import { URL_PARAMETERS } from '../matching/match.js';
import { AccountQuery, SummaryQuery } from './summary.dto.js';
import { SummaryService } from './summary.service.js';

const SUMMARY_DAYS = 30;

@ApiTags('attribution')
@Controller('v1/attribution')
export class SummaryController {
  constructor(
    private readonly scope: AccountScope,
    private readonly summaries: SummaryService,
  ) {}

  @Get('url-parameters')
  @ApiOperation({ summary: "For Ads Manager's field “URL parameters”" })
  @DocumentedQuery(AccountQuery)
  @DocumentedAnswer(200, 'The text to paste', { url_parameters: URL_PARAMETERS })
  urlParameters() {
    return { url_parameters: URL_PARAMETERS };
  }

  @Get('summary')
  @ApiOperation({
    summary: 'From the door to the ad: received, valid, delivered, matched, and why',
    description:
      'by_ad names at most 300 ads, those of most value; by_ad_total says how many there are.',
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
    by_ad_total: 1,
    by_ad_truncated: false,
  })
  async summary(
    @Caller() caller: Principal,
    @ValidQuery(SummaryQuery) query: SummaryQuery,
    @CallerLeft() signal: AbortSignal,
  ) {
    const account = await this.scope.account(caller, query.account_id);
    const to = (query.to && parseInstant(query.to)) || (await this.scope.now(account));
    const from =
      (query.from && parseInstant(query.from)) ||
      new Date(to.getTime() - SUMMARY_DAYS * MILLIS_PER_DAY);
    return this.summaries.summary(account, from, to, signal);
  }
}
