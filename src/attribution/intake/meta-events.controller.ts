// Meta's endpoint on our server: an official SDK pointed here works unchanged.
import { Body, Controller, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AccountScope, Authenticator, Public, type Principal } from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  DomainError,
  GuestProtocols,
  INTAKE_ITEMS_MAX,
  Type,
  assertIntakeSize,
  parseJson,
} from '../../shared/index.js';
import { PixelsService } from '../delivery/pixels.service.js';
import { CONVERSIONS_OTHERS, NewConversion } from './conversions.dto.js';
import { ConversionIntake } from './conversion-intake.service.js';
import {
  META_ERROR_SCHEMA,
  META_EVENTS_PATH,
  META_EVENTS_ROUTE,
  metaEnvelope,
} from './meta-envelope.js';
import { readMetaRequest, refusalOf, tokenOutside, warningSentences } from './meta-protocol.js';
import { tokenInside } from './meta-token.js';

interface Incoming {
  id: string;
  method: string;
  ip: string;
  headers: Record<string, string | string[] | undefined>;
  principal?: Principal;
}

const EXAMPLE = {
  data: [
    {
      event_name: 'Lead',
      event_time: 1795334400,
      event_id: 'lead-7',
      action_source: 'system_generated',
      user_data: { em: ['309a0a5c3e211326ae75ca18196d301a9bdbd1a882a4d2569511033da23f0abd'] },
    },
  ],
  access_token: 'an account key; the query or the Authorization header will do as well',
};

const MetaBody = Type.Object({
  data: Type.Array(NewConversion, { minItems: 1, maxItems: INTAKE_ITEMS_MAX }),
  access_token: Type.Optional(Type.String({ description: 'An account key.' })),
  account_id: Type.Optional(Type.String({ description: 'Admin callers name the account.' })),
  ...CONVERSIONS_OTHERS,
});

@ApiTags('attribution')
@Controller()
export class MetaEventsController {
  constructor(
    private readonly auth: Authenticator,
    private readonly scope: AccountScope,
    private readonly pixels: PixelsService,
    private readonly intake: ConversionIntake,
    protocols: GuestProtocols,
  ) {
    const errors = { errorAnswer: metaEnvelope, errorSchema: META_ERROR_SCHEMA };
    protocols.add({ route: META_EVENTS_ROUTE, tokenOutside, tokenInside, ...errors });
  }

  @Post(META_EVENTS_PATH)
  @HttpCode(200)
  @Public()
  @ApiParam({ name: 'version', example: 'v25.0' })
  @ApiParam({ name: 'pixel_id', example: '1234567890' })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data')
  @ApiOperation({
    summary: "The same intake in Meta's own protocol, for its SDKs",
    description:
      'One invalid event refuses the whole request, as at Meta; errors are its envelope.',
  })
  @DocumentedBody(MetaBody, EXAMPLE)
  @DocumentedAnswer(200, 'Taken', { events_received: 1, messages: [], fbtrace_id: 'req-1' })
  async events(
    @Param('pixel_id') pixelId: string,
    @Body() body: unknown,
    @Query() query: Record<string, unknown>,
    @Req() request: Incoming,
  ) {
    const principal = await this.auth.admit(request, null);
    const given = readMetaRequest(body, query, parseJson);
    const account = await this.scope.account(principal, given.accountId);
    if (!(await this.pixels.mayUse(account, pixelId))) {
      throw new DomainError(
        400,
        'conversions.unknown_pixel',
        "Unsupported post request: the pixel is neither this account's nor the server's.",
      );
    }
    if (given.data === null || given.data.length === 0) {
      throw new DomainError(400, 'request.invalid', 'data must be a list of 1–1000 events.');
    }
    assertIntakeSize(given.data.length);
    const answer = await this.intake.take(account, given.data, {
      pixelId,
      allowsIsoTime: false,
      testEventCode: given.testEventCode,
      allOrNothing: true,
    });
    if (answer.rejected.length > 0) {
      throw new DomainError(400, 'conversions.invalid', refusalOf(answer.rejected));
    }
    return {
      events_received: answer.accepted + answer.duplicates,
      messages: [...answer.messages, ...warningSentences(answer.warnings ?? [])],
      fbtrace_id: request.id,
    };
  }
}
