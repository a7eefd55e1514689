import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { MetricsModule } from '../metrics/index.js';
import { PlatformsModule } from '../platforms/index.js';
import { Random, SeededRandom, freshSeed } from '../shared/index.js';
import { BatchSender } from './delivery/batch-sender.service.js';
import { CapiJobs } from './delivery/capi.jobs.js';
import { DeliveryService } from './delivery/delivery.service.js';
import { PixelsService } from './delivery/pixels.service.js';
import { ReplayService } from './delivery/replay.service.js';
import { ConversionIntake } from './intake/conversion-intake.service.js';
import { ConversionStore } from './intake/conversion-store.service.js';
import { ConversionsController } from './intake/conversions.controller.js';
import { ConversionsService } from './intake/conversions.service.js';
import { MetaEventsController } from './intake/meta-events.controller.js';
import { AdjustmentsController } from './ledger/adjustments.controller.js';
import { AdjustmentsService } from './ledger/adjustments.service.js';
import { ClickTimes } from './matching/click-times.service.js';
import { ClicksController } from './matching/clicks.controller.js';
import { ClicksService } from './matching/clicks.service.js';
import { CreditsService } from './ledger/credits.service.js';
import { KnownAdsService } from './matching/known-ads.service.js';
import { LateMatches } from './matching/late-matches.service.js';
import { MatchingService } from './matching/matching.service.js';
import { SummaryController } from './summary/summary.controller.js';
import { SummaryService } from './summary/summary.service.js';

@Module({
  imports: [AccountsModule, MetricsModule, PlatformsModule],
  controllers: [
    ...[ConversionsController, MetaEventsController],
    ...[AdjustmentsController, ClicksController, SummaryController],
  ],
  providers: [
    { provide: Random, useFactory: () => new SeededRandom(freshSeed()) },
    ...[ConversionIntake, ConversionStore, ConversionsService, PixelsService],
    ...[BatchSender, CapiJobs, DeliveryService, ReplayService],
    ...[AdjustmentsService, ClickTimes, ClicksService, CreditsService, KnownAdsService],
    ...[LateMatches, MatchingService, SummaryService],
  ],
  exports: [ClickTimes, DeliveryService],
})
export class AttributionModule {}
