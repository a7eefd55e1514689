import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, AllowIngest, Caller, type Principal } from '../../accounts/index.js';
import { BulkIntake, DocumentedAnswer, Instant, Type, withValues } from '../../shared/index.js';
import { readIntake } from './read-intake.service.js';
import { METRICS_EXAMPLE, NewDay, NewSnapshot } from './metrics.dto.js';
import { MetricsIntake, type MetricsAnswer } from './metrics-intake.service.js';

const AS_OF = { as_of: Type.Optional(Instant("The caller's clock; default now.")) };
const INTAKE = new BulkIntake<MetricsAnswer>({
  lists: { snapshots: NewSnapshot, days: NewDay },
  code: 'metrics.invalid',
  others: AS_OF,
  query: AS_OF,
});

@ApiTags('metrics')
@Controller('v1/metrics')
export class MetricsController {
  constructor(
    private readonly scope: AccountScope,
    private readonly intake: MetricsIntake,
  ) {}

  @Post()
  @HttpCode(202)
  @AllowIngest()
  @ApiOperation({
    summary: 'Report lifetime snapshots or account days (1–1000)',
    description:
      'Snapshots are lifetime totals; the same one again is a duplicate, other numbers for the ' +
      'same instant are rejected. A later report of a day replaces it.',
  })
  @INTAKE.route(METRICS_EXAMPLE)
  @DocumentedAnswer(
    202,
    'What was taken',
    withValues(
      { conversion_source: ['platform', 'first_party'] },
      {
        accepted: 1,
        duplicates: 0,
        rejected: [],
        conversion_source: 'platform',
      },
    ),
  )
  async report(
    @Caller() caller: Principal,
    @Body() body: unknown,
    @Query() query: unknown,
  ): Promise<MetricsAnswer> {
    const { lists, account, asOf } = await readIntake(this.scope, INTAKE, caller, body, query);
    return INTAKE.take(lists, ({ snapshots = [], days = [] }) =>
      this.intake.take(account, { snapshots, days }, asOf),
    );
  }
}
