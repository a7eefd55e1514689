import { Body, Controller, HttpCode, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  DocumentedAnswer,
  DocumentedBody,
  intakeBody,
  intakeItems,
  type IntakeAnswer,
} from '../../shared/index.js';
import { AccountScope } from '../account/account-scope.service.js';
import { namedAccount } from '../account/named-account.js';
import { ADS_EXAMPLE, NewAd } from './ads.dto.js';
import { AdsService } from './ads.service.js';
import { Caller } from '../keys/auth.decorators.js';
import type { Principal } from '../keys/principal.js';

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
  @DocumentedBody(intakeBody({ ads: NewAd }), ADS_EXAMPLE)
  @DocumentedAnswer(202, 'What was taken', { accepted: 1, duplicates: 0, rejected: [] })
  async put(@Caller() caller: Principal, @Body() body: unknown): Promise<IntakeAnswer> {
    const items = intakeItems(body, 'ads');
    const account = await this.scope.account(caller, namedAccount(body));
    return this.ads.put(account, items);
  }
}
