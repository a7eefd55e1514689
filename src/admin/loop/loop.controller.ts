import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, AdminOnly, Caller, type Principal } from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedQuery,
  Id,
  Type,
  ValidQuery,
  type Static,
} from '../../shared/index.js';
import { RUN_EXAMPLE } from '../jobs/jobs.dto.js';
import { LoopService } from './loop.service.js';

const LoopQuery = Type.Object({ account_id: Id('The account to look at.', 'sandbox') });
type LoopQuery = Static<typeof LoopQuery>;

const LOOP_EXAMPLE = {
  account: { account_id: 'acme', name: 'Acme', currency: 'USD', timezone: 'Europe/Berlin' },
  simulated: false,
  clock: '2026-11-22T08:00:00.000Z',
  server_time: '2026-11-22T08:00:00.000Z',
  execution: {
    paused: false,
    changed_by: 'installation',
    changed_at: '2026-11-01T00:00:00.000Z',
    account_paused_by: null,
  },
  stages: [
    {
      name: 'measure',
      counts: { ads: 12, active_ads: 11, measured_ads: 12, readings_last_day: 48 },
      newest_at: '2026-11-22T05:40:00.000Z',
      freshness_seconds: 8400,
      job: 'metrics',
      last_run: RUN_EXAMPLE,
      stuck: [
        {
          what: 'No numbers newer than 2 h',
          count: 11,
          since: '2026-11-22T05:40:00.000Z',
          clock: 'account',
          remedy: 'Look at the last run of the metrics job, or send numbers (POST /v1/metrics).',
        },
      ],
    },
  ],
};

@ApiTags('admin')
@AdminOnly()
@Controller('admin/loop')
export class LoopController {
  constructor(
    private readonly scope: AccountScope,
    private readonly loop: LoopService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'The stages of the loop: counts, freshness, last run, what is stuck',
    description:
      'Four stages in order: measure, believe, decide, execute. Ages go by the clock of the ' +
      'account, which a simulated account has of its own.',
  })
  @DocumentedQuery(LoopQuery)
  @DocumentedAnswer(200, 'The loop', LOOP_EXAMPLE)
  async show(@Caller() caller: Principal, @ValidQuery(LoopQuery) query: LoopQuery) {
    return this.loop.ofAccount(await this.scope.account(caller, query.account_id));
  }
}
