import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { MetricsModule } from '../metrics/index.js';
import { BeliefsService } from './beliefs.service.js';
import { CrossLearnerJobs } from './cross/cross-learner.jobs.js';
import { CrossLearner } from './cross/cross-learner.service.js';
import { PatternsController } from './cross/patterns.controller.js';
import { PatternsService } from './cross/patterns.service.js';

@Module({
  imports: [AccountsModule, MetricsModule],
  controllers: [PatternsController],
  providers: [BeliefsService, CrossLearner, CrossLearnerJobs, PatternsService],
  exports: [BeliefsService, PatternsService],
})
export class LearningModule {}
