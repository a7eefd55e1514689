import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountsModule } from '../accounts/index.js';
import { LearningModule } from '../learning/index.js';
import { AdsViewController } from './ads-view.controller.js';
import { Decision } from './decisions/decision.entity.js';
import { DecisionsService } from './decisions/decisions.service.js';
import { DecisionsToQueue } from './decisions/decisions-to-queue.service.js';
import { CacheController } from './cache.controller.js';
import { EvaluateController } from './ope/evaluate.controller.js';
import { EvaluationService } from './ope/evaluation.service.js';
import { AllocateJobs } from './plan/allocate.jobs.js';
import { PlanController } from './plan/plan.controller.js';
import { PlanRunner } from './plan/plan-runner.service.js';
import { SamplingController } from './decisions/sampling.controller.js';
import { SamplingService } from './decisions/sampling.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Decision]), AccountsModule, LearningModule],
  controllers: [
    SamplingController,
    AdsViewController,
    CacheController,
    EvaluateController,
    PlanController,
  ],
  providers: [
    SamplingService,
    DecisionsService,
    EvaluationService,
    PlanRunner,
    AllocateJobs,
    DecisionsToQueue,
  ],
  exports: [SamplingService, DecisionsService, DecisionsToQueue],
})
export class SamplingModule {}
