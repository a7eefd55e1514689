export {
  AdPlatform,
  type AccountLimits,
  type AdObjectState,
  type AdStatus,
  type AdWrite,
  type ChangeType,
  type DeliveryFacts,
  type EntityType,
  type GuardedState,
  type MetaCredentials,
  type MetricReading,
  type PlatformAccount,
  type WriteOptions,
  type WriteReceipt,
} from './ads/ad-platform.js';
export { AdPlatforms } from './ad-platforms.js';
export { CapiClient, type CapiReceipt } from './meta/capi-client.js';
export { GraphError } from './meta/graph-errors.js';
export { PlatformsModule } from './platforms.module.js';
export { SandboxWorldRow } from './sandbox/sandbox-world.entity.js';
export { SandboxWorlds } from './sandbox/sandbox-worlds.service.js';
export {
  advanceWithReadings,
  readAd,
  visibleAds,
  type SandboxReading,
  type VisibleAd,
} from './sandbox/observe.js';
export { earnedValue, expectedEarnedValue, oracleBudgets } from './sandbox/oracle.js';
export {
  advanceWorld,
  createWorld,
  type GivenAd,
  type SandboxWorld,
  type WorldRequest,
} from './sandbox/world.js';
export type { WorldName } from './sandbox/world-spec.js';
