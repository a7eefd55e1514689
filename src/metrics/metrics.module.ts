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
import { AdFigures } from './scrape/ad-figures.service.js';
import { MetricSources } from './scrape/metric-sources.service.js';

@Module({
  imports: [AccountsModule, PlatformsModule],
  controllers: [MetricsController, ImportsController],
  providers: [
    ...[AdFigures, AdsImport, MetricSources, MetricsIntake, MetricsJobs, ReportsService],
    Uploads,
  ],
  exports: [AdsImport, MetricSources, MetricsIntake, ReportsService],
})
export class MetricsModule {}
