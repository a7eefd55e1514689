export type {
  AccountLimits,
  AdObjectState,
  AdStatus,
  ChangeType,
  DeliveryFacts,
  EntityType,
  MetricReading,
  PlatformAccount,
} from './ads/ad-account.js';
export type { AdWrite, WriteOptions, WriteReceipt } from './ads/ad-writer.js';
export {
  credentialsDigest,
  type CredentialsOf,
  type MetaCredentials,
  type Platform,
} from './http/credentials.js';
export { outsideAddressFault } from './http/outside-address.js';
export { AdPlatforms } from './ad-platforms.js';
export { CredentialChecks } from './credential-checks.service.js';
export type { CredentialVerdict } from './http/credential-verdict.js';
export { CapiClient } from './meta/capi-client.js';
export { GraphError } from './meta/graph-errors.js';
export { PlatformsModule } from './platforms.module.js';
export { SandboxWorldRow } from './sandbox/sandbox-world.entity.js';
export { SandboxWorlds } from './sandbox/sandbox-worlds.service.js';
export { advanceWithReadings, readAd, visibleAds, type SandboxReading } from './sandbox/observe.js';
export { expectedEarnedValue, oracleBudgets } from './sandbox/oracle.js';
export { advanceWorld, createWorld, type SandboxWorld } from './sandbox/world.js';
export type { WorldName } from './sandbox/world-spec.js';
export { writeAd } from './sandbox/observe.js';
export { DAY_MS, STEPS_PER_DAY, STEP_MS } from './sandbox/world-spec.js';
export type { SandboxAd } from './sandbox/world.js';
