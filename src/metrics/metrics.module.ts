import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { PlatformsModule } from '../platforms/index.js';
import { AdsImport } from './ads-import.service.js';
import { ImportsController } from './imports.controller.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsIntake } from './metrics-intake.service.js';
import { MetricsJobs } from './metrics.jobs.js';
import { ReportsService } from './reports.service.js';
import { Scraper } from './scraper.service.js';

@Module({
  imports: [AccountsModule, PlatformsModule],
  controllers: [MetricsController, ImportsController],
  providers: [AdsImport, MetricsIntake, MetricsJobs, ReportsService, Scraper],
  exports: [AdsImport, MetricsIntake, ReportsService, Scraper],
})
export class MetricsModule {}
