import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { ExecutionModule } from '../execution/index.js';
import { LearningModule } from '../learning/index.js';
import { MetricsModule } from '../metrics/index.js';
import { PlatformsModule } from '../platforms/index.js';
import { SamplingModule } from '../sampling/index.js';
import { AccountRemovalController } from './accounts/account-removal.controller.js';
import { AccountRemoval } from './accounts/account-removal.service.js';
import { HealthController } from './health.controller.js';
import { JobTime } from './jobs/job-time.service.js';
import { JobsController } from './jobs/jobs.controller.js';
import { LoopController } from './loop/loop.controller.js';
import { LoopService } from './loop/loop.service.js';
import { Monitoring } from './monitoring.service.js';
import { PageController } from './page.controller.js';
import { RetentionJobs } from './retention/retention.jobs.js';
import { SandboxController } from './sandbox/sandbox.controller.js';
import { SandboxService } from './sandbox/sandbox.service.js';
import { SandboxTime } from './sandbox/sandbox-time.service.js';

@Module({
  imports: [
    ...[AccountsModule, PlatformsModule, MetricsModule, LearningModule, SamplingModule],
    ExecutionModule,
  ],
  controllers: [
    AccountRemovalController,
    ...[HealthController, JobsController, LoopController, PageController, SandboxController],
  ],
  providers: [
    ...[AccountRemoval, JobTime, LoopService, Monitoring, RetentionJobs, SandboxService],
    SandboxTime,
  ],
  exports: [AccountRemoval, SandboxService],
})
export class AdminModule {}
