export { AccountScope, FUTURE_TOLERANCE_MILLIS } from './account-scope.service.js';
export { DEFAULT_SETTINGS, type AccountSettings } from './account-settings.js';
export { Account, type ConversionSource } from './account.entity.js';
export { AccountPlan } from './account-plan.entity.js';
export { AccountsModule } from './accounts.module.js';
export { AccountsService, fixConversionSource } from './accounts.service.js';
export { adValues, isAdFault, type AdValues } from './ad-input.js';
export { Ad } from './ad.entity.js';
export type { NewAd } from './ads.dto.js';
export { accountsWithArrivals, takeAdArrivals, upsertAds } from './ads.queries.js';
export { AdsService } from './ads.service.js';
export { ApiKey } from './api-key.entity.js';
export { AdminOnly, AllowIngest, Caller, Public } from './auth.decorators.js';
export { AuthGuard } from './auth.guard.js';
export { AuthService } from './auth.service.js';
export { Content } from './content.entity.js';
export { AccountCredential } from './credential.entity.js';
export { CredentialsService } from './credentials.service.js';
export { namedAccount } from './named-account.js';
export {
  DEFAULT_APPLY_WINDOW,
  DEFAULT_MAX_CHANGE_PCT_24H,
  type Plan,
  type PlanScope,
  type ScopeMode,
} from './plan-rules.js';
export { PlanBody, PLAN_EXAMPLE } from './plan.dto.js';
export { PlansService } from './plans.service.js';
export { callerName, type Principal } from './principal.js';
