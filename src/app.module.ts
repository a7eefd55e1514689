// The floor plan in code: every room, wired once, in the order in which data flows.
import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { AccountsModule } from './accounts/index.js';
import { AdminModule } from './admin/index.js';
import { AttributionModule } from './attribution/index.js';
import { ENTITIES } from './entities.js';
import { ExecutionModule } from './execution/index.js';
import { LearningModule } from './learning/index.js';
import { MetricsModule } from './metrics/index.js';
import { PlatformsModule } from './platforms/index.js';
import { SamplingModule } from './sampling/index.js';
import {
  SharedModule,
  dataSourceOptions,
  migrate,
  type Basement,
  type DatabaseAddress,
} from './shared/index.js';

@Module({})
export class AppModule {
  static with(basement: Basement, database: DatabaseAddress): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SharedModule.with(basement),
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSourceOptions(database, ENTITIES),
          dataSourceFactory: (options) => connect(database, options),
        }),
        ScheduleModule.forRoot({
          cronJobs: basement.config.cronEnabled,
          intervals: basement.config.cronEnabled,
          timeouts: basement.config.cronEnabled,
        }),
        PlatformsModule,
        AccountsModule,
        MetricsModule,
        AttributionModule,
        LearningModule,
        SamplingModule,
        ExecutionModule,
        AdminModule,
      ],
    };
  }
}

/** Nothing runs before the schema is the one this code was written for. */
async function connect(
  database: DatabaseAddress,
  options?: DataSourceOptions,
): Promise<DataSource> {
  if (!options) throw new Error('the database options are missing');
  await migrate(database);
  return new DataSource(options).initialize();
}
