import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PlatformsModule } from '../platforms/index.js';
import { Gatekeeper } from '../shared/index.js';
import { AccountScope } from './account/account-scope.service.js';
import { Account } from './account/account.entity.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsService } from './account/accounts.service.js';
import { Ad } from './ads/ad.entity.js';
import { AdsController } from './ads/ads.controller.js';
import { AdsService } from './ads/ads.service.js';
import { ApiKey } from './keys/api-key.entity.js';
import { AuthGuard } from './keys/auth.guard.js';
import { Authenticator } from './keys/authenticator.service.js';
import { AccountCredential } from './credentials/credential.entity.js';
import { AccountPlan } from './plans/account-plan.entity.js';
import { CredentialsService } from './credentials/credentials.service.js';
import { SecretsKeyCheck } from './credentials/secrets-key-check.service.js';
import { PlansService } from './plans/plans.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([Account, ApiKey, AccountCredential, AccountPlan, Ad]),
    PlatformsModule,
  ],
  controllers: [AccountsController, AdsController],
  providers: [
    AccountScope,
    AccountsService,
    AdsService,
    Authenticator,
    CredentialsService,
    PlansService,
    SecretsKeyCheck,
    { provide: Gatekeeper, useExisting: Authenticator },
    { provide: APP_GUARD, useClass: AuthGuard },
  ],
  exports: [
    AccountScope,
    AccountsService,
    AdsService,
    Authenticator,
    CredentialsService,
    PlansService,
  ],
})
export class AccountsModule {}
