import { Body, Controller, HttpCode, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { BulkIntake, DocumentedAnswer, type IntakeAnswer } from '../../shared/index.js';
import { AccountScope } from '../account/account-scope.service.js';
import { ADS_EXAMPLE, NewAd } from './ads.dto.js';
import { AdsService } from './ads.service.js';
import { Caller } from '../keys/auth.decorators.js';
import type { Principal } from '../keys/principal.js';

const INTAKE = new BulkIntake({ lists: { ads: NewAd }, code: 'ads.invalid', rejectsUnknown: true });

@ApiTags('accounts and ads')
@Controller('v1/ads')
export class AdsController {
  constructor(
    private readonly scope: AccountScope,
    private readonly ads: AdsService,
  ) {}

  @Put()
  @HttpCode(202)
  @ApiOperation({ summary: 'Register or replace ads (1–1000)' })
  @INTAKE.route(ADS_EXAMPLE)
  @DocumentedAnswer(202, 'What was taken', { accepted: 1, duplicates: 0, rejected: [] })
  async put(
    @Caller() caller: Principal,
    @Body() body: unknown,
    @Query() query: unknown,
  ): Promise<IntakeAnswer> {
    const lists = INTAKE.read(body, query);
    const account = await this.scope.account(caller);
    return INTAKE.take(lists, ({ ads = [] }) => this.ads.put(account, ads));
  }
}
