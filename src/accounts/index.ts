export { AccountScope, holdAccount } from './account/account-scope.service.js';
export { oldestKept } from './account/retention.js';
export { DEFAULT_SETTINGS } from './account/account-settings.js';
export { Account, type ConversionSource } from './account/account.entity.js';
export { AccountPlan } from './plans/account-plan.entity.js';
export { AccountsModule } from './accounts.module.js';
export {
  AccountsService,
  NO_SUCH_ACCOUNT,
  fixConversionSource,
} from './account/accounts.service.js';
export {
  accountsResult,
  forEachAccount,
  type AccountFailure,
  type AccountsDone,
} from './account/for-each-account.js';
export { type AdValues } from './ads/ad-input.js';
export { Ad } from './ads/ad.entity.js';
export { accountsWithArrivals, takeAdArrivals } from './ads/ads.queries.js';
export { AdsService } from './ads/ads.service.js';
export { ApiKey } from './keys/api-key.entity.js';
export { AdminOnly, AllowIngest, Caller, Public } from './keys/auth.decorators.js';
export { AuthGuard } from './keys/auth.guard.js';
export { Authenticator } from './keys/authenticator.service.js';
export { accountsWithNewCredentials } from './credentials/changed-credentials.queries.js';
export { AccountCredential } from './credentials/credential.entity.js';
export { SecretsKeyCheck } from './credentials/secrets-key-check.service.js';
export { CredentialsService } from './credentials/credentials.service.js';
export { namedAccount } from './keys/named-account.js';
export { DEFAULT_APPLY_WINDOW, planFaults, type Plan, type PlanScope } from './plans/plan-rules.js';
export { PlanBody, PLAN_EXAMPLE } from './plans/plan.dto.js';
export { PlansService } from './plans/plans.service.js';
export { callerName, type Principal } from './keys/principal.js';
