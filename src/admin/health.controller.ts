// For load balancers and monitoring, without a key: nothing here tells anything about an account.
import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Public } from '../accounts/index.js';
import { DocumentedAnswer, DomainError, FullDisk, Lifecycle, withValues } from '../shared/index.js';
import { Monitoring } from './monitoring.service.js';

/** A balancer asks every few seconds; a database that needs longer is not one to send work to. */
const PING_MILLIS = 1000;

const METRICS_EXAMPLE = `# HELP loopgain_database_up Whether the database answered just now.
# TYPE loopgain_database_up gauge
loopgain_database_up 1
loopgain_job_runs_last_day{job="metrics",status="succeeded"} 72
`;

@ApiTags('admin')
@Public()
@Controller()
export class HealthController {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly lifecycle: Lifecycle,
    private readonly disk: FullDisk,
    private readonly monitoring: Monitoring,
  ) {}

  @Get('health/live')
  @ApiOperation({ summary: 'The process answers' })
  @DocumentedAnswer(200, 'Alive', withValues({ status: ['live'] }, { status: 'live' }))
  live() {
    return { status: 'live' };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'The server takes work and reaches its database' })
  @DocumentedAnswer(200, 'Ready', withValues({ status: ['ready'] }, { status: 'ready' }))
  async ready() {
    if (this.lifecycle.isDraining()) {
      throw new DomainError(503, 'server.draining', 'The server is shutting down.');
    }
    if (!(await this.databaseAnswers())) {
      throw new DomainError(
        503,
        'server.database_unreachable',
        `The database did not answer within ${PING_MILLIS} ms.`,
      );
    }
    if (await this.disk.isFull()) {
      throw new DomainError(503, 'server.disk_full', 'The disk of the database is full.');
    }
    return { status: 'ready' };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ summary: 'Figures for Prometheus' })
  @ApiResponse({
    status: 200,
    description: 'Text format of Prometheus',
    content: { 'text/plain': { schema: { type: 'string' }, example: METRICS_EXAMPLE } },
  })
  async metrics(): Promise<string> {
    return this.monitoring.exposition(await this.databaseAnswers());
  }

  private async databaseAnswers(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), PING_MILLIS);
    });
    const answer = this.database.query('select 1').then(
      () => true,
      () => false,
    );
    const answered = await Promise.race([answer, late]);
    clearTimeout(timer);
    return answered;
  }
}
