import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { AttributionModule } from '../attribution/index.js';
import { MetricsModule } from '../metrics/index.js';
import { AccountSurvey } from './account-survey.service.js';
import { BeliefsService } from './beliefs.service.js';
import { Embedder } from './likeness/embedder.service.js';
import { RedisTier } from './likeness/redis-tier.service.js';
import { SemanticCache } from './likeness/semantic-cache.service.js';
import { CreativeInsights } from './likeness/creative-insights.service.js';
import { CrossLearnerJobs } from './cross-learner.jobs.js';
import { CrossLearner } from './cross-learner.service.js';
import { PatternsController } from './patterns/patterns.controller.js';
import { PatternsService } from './patterns/patterns.service.js';
import { AdTrails } from './drift/trails.service.js';
import { ConversionWatch } from './drift/conversion-watch.service.js';
import { DriftWatch } from './drift/drift-watch.service.js';
import { EventEvidenceService } from './events/event-evidence.service.js';
import { EventQueue } from './events/event-queue.service.js';
import { EventWriter } from './events/event-writer.service.js';
import { EventLearner } from './events/event-learner.service.js';
import { EventsController } from './events/events.controller.js';
import { EventsIntake } from './events/events-intake.service.js';
import { EventsPoll } from './events/events.jobs.js';
import { JournalFold } from './events/journal-fold.service.js';
import { ModelController } from './model.controller.js';
import { ModelService } from './model.service.js';

@Module({
  imports: [AccountsModule, AttributionModule, MetricsModule],
  controllers: [EventsController, ModelController, PatternsController],
  providers: [
    ...[AccountSurvey, BeliefsService, ConversionWatch, DriftWatch, EventEvidenceService],
    EventLearner,
    ...[AdTrails, EventQueue, EventWriter, EventsIntake, EventsPoll, JournalFold, ModelService],
    ...[CrossLearner, CrossLearnerJobs, PatternsService],
    ...[CreativeInsights, Embedder, RedisTier, SemanticCache],
  ],
  exports: [
    ...[BeliefsService, CreativeInsights, DriftWatch, EventQueue, EventsIntake, PatternsService],
    SemanticCache,
  ],
})
export class LearningModule {}
