import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/index.js';
import { BeliefsService } from './beliefs.service.js';

@Module({
  imports: [MetricsModule],
  providers: [BeliefsService],
  exports: [BeliefsService],
})
export class LearningModule {}
