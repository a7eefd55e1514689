import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/index.js';
import { BeliefsService } from './beliefs.service.js';
import { Embedder } from './cache/embedder.service.js';
import { RedisTier } from './cache/redis-tier.service.js';
import { SemanticCache } from './cache/semantic-cache.service.js';

@Module({
  imports: [MetricsModule],
  providers: [BeliefsService, Embedder, RedisTier, SemanticCache],
  exports: [BeliefsService, SemanticCache],
})
export class LearningModule {}
