import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { PlatformsModule } from '../platforms/index.js';
import { AdsImport } from './imports/ads-import.service.js';
import { ImportsController } from './imports/imports.controller.js';
import { Uploads } from './imports/uploads/uploads.service.js';
import { MetricsController } from './reports/metrics.controller.js';
import { MetricsIntake } from './reports/metrics-intake.service.js';
import { MetricsJobs } from './scrape/metrics.jobs.js';
import { ReportsService } from './reports/reports.service.js';
import { Scraper } from './scrape/scraper.service.js';

@Module({
  imports: [AccountsModule, PlatformsModule],
  controllers: [MetricsController, ImportsController],
  providers: [AdsImport, MetricsIntake, MetricsJobs, ReportsService, Scraper, Uploads],
  exports: [AdsImport, MetricsIntake, ReportsService, Scraper],
})
export class MetricsModule {}
