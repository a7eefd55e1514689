import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AccountScope,
  AllowIngest,
  Caller,
  namedAccount,
  type Principal,
} from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  Instant,
  Type,
  assertIntakeSize,
  intakeBody,
  invalidInput,
} from '../../shared/index.js';
import { asOfOf } from '../as-of.js';
import { METRICS_EXAMPLE, NewDay, NewSnapshot } from './metrics.dto.js';
import { MetricsIntake, type MetricsAnswer } from './metrics-intake.service.js';

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
  @DocumentedBody(
    intakeBody(
      { snapshots: NewSnapshot, days: NewDay },
      {
        as_of: Type.Optional(Instant("The caller's clock; default now.")),
      },
    ),
    METRICS_EXAMPLE,
  )
  @DocumentedAnswer(202, 'What was taken', {
    accepted: 1,
    duplicates: 0,
    rejected: [],
    conversion_source: 'platform',
  })
  async report(
    @Caller() caller: Principal,
    @Body() body: unknown,
    @Query() query: unknown,
  ): Promise<MetricsAnswer> {
    const input = reportLists(body);
    const account = await this.scope.account(caller, namedAccount(body) ?? namedAccount(query));
    const asOf = await this.scope.asOf(account, asOfOf(body, query));
    return this.intake.take(account, input, asOf);
  }
}

function reportLists(body: unknown): { snapshots: unknown[]; days: unknown[] } {
  const { snapshots = [], days = [] } = (body ?? {}) as Record<string, unknown>;
  if (!Array.isArray(snapshots) || !Array.isArray(days) || snapshots.length + days.length === 0) {
    throw invalidInput([
      { pointer: '/snapshots', detail: 'must be a list; give 1–1000 snapshots or days' },
    ]);
  }
  assertIntakeSize(snapshots.length + days.length);
  return { snapshots, days };
}
