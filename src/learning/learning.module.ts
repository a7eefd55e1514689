import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { MetricsModule } from '../metrics/index.js';
import { BeliefsService } from './beliefs.service.js';
import { EventEvidenceService } from './events/event-evidence.service.js';
import { EventLearner } from './events/event-learner.service.js';
import { EventsController } from './events/events.controller.js';
import { EventsIntake } from './events/events-intake.service.js';
import { EventsPoll } from './events/events.jobs.js';
import { ModelController } from './model.controller.js';
import { ModelService } from './model.service.js';

@Module({
  imports: [AccountsModule, MetricsModule],
  controllers: [EventsController, ModelController],
  providers: [
    ...[BeliefsService, EventEvidenceService, EventLearner],
    ...[EventsIntake, EventsPoll, ModelService],
  ],
  exports: [BeliefsService, EventsIntake],
})
export class LearningModule {}
