import { Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AccountsService, AdminOnly } from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  DocumentedQuery,
  JobHistory,
  JobRunner,
  ValidBody,
  ValidQuery,
  showJobRun,
} from '../../shared/index.js';
import { JobTime } from './job-time.service.js';
import { JOB_EXAMPLE, RUN_EXAMPLE, RunBody, RunQuery, RunsQuery, showJob } from './jobs.dto.js';

@ApiTags('admin')
@AdminOnly()
@Controller('admin/jobs')
export class JobsController {
  constructor(
    private readonly runner: JobRunner,
    private readonly history: JobHistory,
    private readonly time: JobTime,
    private readonly accounts: AccountsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Every job: schedule, next run, last run' })
  @DocumentedAnswer(200, 'The jobs', [JOB_EXAMPLE])
  async list() {
    return (await this.history.overview()).map(showJob);
  }

  @Get('runs')
  @ApiOperation({ summary: 'Runs of the jobs, newest first' })
  @DocumentedQuery(RunsQuery)
  @DocumentedAnswer(200, 'One page', { items: [RUN_EXAMPLE], next_cursor: null })
  async runs(@ValidQuery(RunsQuery) query: RunsQuery) {
    if (query.account_id !== undefined) await this.accounts.byId(query.account_id);
    return this.history.runs(query, query.name ?? null);
  }

  @Post(':name/run')
  @HttpCode(202)
  @ApiOperation({ summary: 'Run a job now; 409 while a run is under way in any process' })
  @DocumentedQuery(RunQuery)
  @DocumentedBody(RunBody, {})
  @DocumentedAnswer(202, 'Started', { run_id: RUN_EXAMPLE.run_id })
  @DocumentedAnswer(200, 'Ended (wait=true)', { ...RUN_EXAMPLE, trigger: 'manual' })
  async run(
    @Param('name') name: string,
    @ValidQuery(RunQuery) query: RunQuery,
    @ValidBody(RunBody) body: RunBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const requested = body.as_of ?? query.as_of;
    if (requested !== undefined) this.runner.assertTakesAsOf(name);
    const asOf = await this.time.asOf(requested);
    const { runId, finished } = await this.runner.start(name, { trigger: 'manual', asOf });
    if (!query.wait) return { run_id: runId };
    const run = await finished;
    void reply.status(200);
    return showJobRun(run);
  }
}
