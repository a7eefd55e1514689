import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, AllowIngest, Caller, type Principal } from '../../accounts/index.js';
import { readIntake } from '../../metrics/index.js';
import { BulkIntake, DocumentedAnswer, Instant, Type, withValues } from '../../shared/index.js';
import { EVENTS_EXAMPLE, NewEvent } from './events.dto.js';
import { EventsIntake, type EventsAnswer } from './events-intake.service.js';

const AS_OF = { as_of: Type.Optional(Instant("The caller's clock; default now.")) };
const INTAKE = new BulkIntake<EventsAnswer>({
  lists: { events: NewEvent },
  code: 'events.invalid',
  others: AS_OF,
  query: AS_OF,
  join: (first, second) => ({
    learned: {
      ads: first.learned.ads + second.learned.ads,
      drift: [...new Set([...first.learned.drift, ...second.learned.drift])],
    },
  }),
});

@ApiTags('events and instant learning')
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly scope: AccountScope,
    private readonly intake: EventsIntake,
  ) {}

  @Post()
  @HttpCode(202)
  @AllowIngest()
  @ApiOperation({
    summary:
      'Tell impressions, clicks and conversions (1–1000); they are learned before the answer',
    description:
      'An event counts once, whatever is repeated: the same id with the same content is a ' +
      'duplicate, with other content it is rejected. A conversion belongs to the click at ' +
      '`clicked_at`, else to that of `click_id` (sent before or later), else it is shared out over ' +
      "the ad's click cohorts. When the answer leaves, the next allocation uses what it taught.",
  })
  @INTAKE.route(EVENTS_EXAMPLE)
  @DocumentedAnswer(
    202,
    'What was taken and learned',
    withValues(
      { conversion_source: ['platform', 'first_party'] },
      {
        ...{ accepted: 2, duplicates: 0, rejected: [] },
        learned: { ads: 1, drift: [] },
        conversion_source: 'first_party',
      },
    ),
  )
  async tell(
    @Caller() caller: Principal,
    @Body() body: unknown,
    @Query() query: unknown,
  ): Promise<EventsAnswer> {
    const { lists, account, asOf } = await readIntake(this.scope, INTAKE, caller, body, query);
    return INTAKE.take(lists, ({ events = [] }) => this.intake.take(account, events, asOf));
  }
}
