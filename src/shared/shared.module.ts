// The basement: what every room stands on. The only global module.
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Clock } from './clock.js';
import { Config } from './config/config.js';
import { HeavyWork } from './heavy-work.service.js';
import { FullDisk } from './database/full-disk.js';
import { GuestProtocols } from './http/guest-protocols.js';
import { JobClock, JobHistory, JobRegistry, JobRunner } from './jobs/index.js';
import { Lifecycle } from './lifecycle.js';
import { Log } from './log.js';
import { RateLimits } from './http/rate-limits.js';
import { AdminToken, SecretsKey } from './secrets.js';

export interface Basement {
  config: Config;
  adminToken: AdminToken;
  secretsKey: SecretsKey;
  clock: Clock;
  log: Log;
}

@Global()
@Module({})
export class SharedModule {
  static with(basement: Basement): DynamicModule {
    const providers = [
      { provide: Config, useValue: basement.config },
      { provide: AdminToken, useValue: basement.adminToken },
      { provide: SecretsKey, useValue: basement.secretsKey },
      { provide: Clock, useValue: basement.clock },
      { provide: Log, useValue: basement.log },
      Lifecycle,
      GuestProtocols,
      FullDisk,
      RateLimits,
      HeavyWork,
      JobRegistry,
      JobRunner,
      JobHistory,
      JobClock,
    ];
    return { module: SharedModule, providers, exports: providers };
  }
}
