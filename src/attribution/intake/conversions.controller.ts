import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, AllowIngest, Caller, type Principal } from '../../accounts/index.js';
import {
  BulkIntake,
  DocumentedAnswer,
  DocumentedBody,
  DocumentedQuery,
  ValidBody,
  ValidQuery,
  withValues,
} from '../../shared/index.js';
import { ReplayRequest } from '../delivery/replay.dto.js';
import { ReplayService } from '../delivery/replay.service.js';
import {
  CONVERSIONS_EXAMPLE,
  CONVERSIONS_OTHERS,
  CONVERSION_ANSWER_EXAMPLE,
  ConversionQuery,
  NewConversion,
} from './conversions.dto.js';
import { ConversionIntake } from './conversion-intake.service.js';
import type { ConversionsAnswer } from './conversions-answer.js';
import { ConversionsService } from './conversions.service.js';
import { testEventCodeOf } from './test-event-code.js';

const INTAKE = new BulkIntake<ConversionsAnswer>({
  lists: { data: NewConversion },
  code: 'conversions.invalid',
  others: CONVERSIONS_OTHERS,
});

@ApiTags('attribution')
@Controller('v1/conversions')
export class ConversionsController {
  constructor(
    private readonly scope: AccountScope,
    private readonly intake: ConversionIntake,
    private readonly conversions: ConversionsService,
    private readonly replays: ReplayService,
  ) {}

  @Post()
  @HttpCode(202)
  @AllowIngest()
  @ApiOperation({
    summary: "Report conversions (1–1000) in the form of Meta's server events",
    description:
      'Raw identifiers are normalised and hashed before anything is stored. An event known under ' +
      'its pixel, name and id is a duplicate whatever else differs.',
  })
  @INTAKE.route(CONVERSIONS_EXAMPLE)
  @DocumentedAnswer(
    202,
    'What was taken',
    withValues(
      { conversion_source: ['platform', 'first_party'] },
      {
        accepted: 1,
        duplicates: 0,
        rejected: [],
        conversion_source: 'first_party',
        messages: [],
      },
    ),
  )
  async report(
    @Caller() caller: Principal,
    @Body() body: unknown,
    @Query() query: unknown,
  ): Promise<ConversionsAnswer> {
    const lists = INTAKE.read(body, query);
    const account = await this.scope.account(caller);
    const code = (body as { test_event_code?: unknown }).test_event_code;
    const testEventCode = testEventCodeOf(code);
    return INTAKE.take(lists, ({ data = [] }) =>
      this.intake.take(account, data, {
        ...{ pixelId: null, allowsIsoTime: true, testEventCode, allOrNothing: false },
      }),
    );
  }

  @Post('replay')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send dead events again, within what Meta recognises as repeated',
    description: 'Up to 48 h after the first sending it is safe; events past 7 days expire.',
  })
  @DocumentedBody(ReplayRequest, { status: 'dead' })
  @DocumentedAnswer(200, 'What became of them', {
    replayed: 3,
    refused_dedup_window: 0,
    expired: 0,
  })
  async replay(@Caller() caller: Principal, @ValidBody(ReplayRequest) body: ReplayRequest) {
    const account = await this.scope.account(caller, body.account_id);
    return this.replays.replay(account.accountId, body);
  }

  @Get(':event_id')
  @ApiOperation({ summary: 'One conversion: where it is, what of it was used, whose it is' })
  @DocumentedQuery(ConversionQuery)
  @DocumentedAnswer(200, 'The conversion', CONVERSION_ANSWER_EXAMPLE)
  async one(
    @Caller() caller: Principal,
    @Param('event_id') eventId: string,
    @ValidQuery(ConversionQuery) query: ConversionQuery,
  ) {
    const account = await this.scope.account(caller, query.account_id);
    return this.conversions.show(account.accountId, eventId, query.event_name ?? null);
  }
}
