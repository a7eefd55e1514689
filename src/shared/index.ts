export { Clock, SystemClock } from './clock.js';
export { Config } from './config/config.js';
export { bigintColumn, bigintTransform } from './database/columns.js';
export { dataSourceOptions, type DatabaseAddress } from './database/data-source.js';
export { migrate, undoLastMigration } from './database/migrate.js';
export { dropMonths, ensureMonths } from './database/month-partitions.js';
export {
  OLD_ROWS_BATCH,
  removeOldRows,
  type OldMonthsRule,
  type OldRowsRule,
} from './database/old-rows.js';
export {
  bigintArray,
  floatArray,
  instantArray,
  integerArray,
  smallintArray,
  textArray,
  uuidArray,
} from './database/array-parameters.js';
export { writeTogether, type Write } from './database/statements.js';
export { eraseRowsOfAccount, waitForOlderTransactions } from './database/rows-of-account.js';
export { FullDisk } from './database/full-disk.js';
export { isContentError, isUnavailable } from './database/unavailable.js';
export { DomainError, PlatformError, StartupError, type InputFault } from './errors.js';
export {
  DocumentedAnswer,
  DocumentedBody,
  DocumentedQuery,
  ValidBody,
  ValidQuery,
  bodyReader,
  invalidInput,
} from './http/input.js';
export { Breather, HeavyWork } from './heavy-work.service.js';
export { CallerLeft } from './http/caller-left.js';
export { largeAnswer } from './http/large-answer.js';
export { jsonPieces } from './json-pieces.js';
export { BulkIntake } from './http/bulk-intake.js';
export { NO_KEY } from './http/openapi-document.js';
export { withValues } from './http/openapi-schema.js';
export { FaultCollector } from './http/fault-collector.js';
export {
  INTAKE_ITEMS_MAX,
  assertIntakeSize,
  intakeAnswer,
  idsIn,
  sortOut,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from './http/intake.js';
export { Gatekeeper } from './http/gatekeeper.js';
export { GuestProtocols, type GuestRequest } from './http/guest-protocols.js';
export type { Problem } from './http/problem.js';
export { parseJson } from './http/body.js';
export { PageQuery, readCursor, readTimeCursor, toPage, type Page } from './http/pagination.js';
export {
  CalendarDate,
  Count,
  Id,
  Instant,
  Money,
  Name,
  Nullable,
  OneOf,
  PathId,
  Text,
  Type,
  compileCheck,
  type Static,
} from './http/schema.js';
export { readItems, rejectionOf } from './http/read-items.js';
export { isItemFault, type ItemFault } from './item-fault.js';
export { GroupCommit, type GroupLimits } from './database/group-commit.js';
export {
  BUCKET_MILLIS,
  BUCKET_SECONDS,
  CLOCK_TOLERANCE_MILLIS,
  HISTORY_DAYS,
  RETENTION_DAYS,
  oldestReport,
  type RetentionDays,
} from './history.js';
export { Lifecycle } from './lifecycle.js';
export { Log, NestLog, PinoLog } from './log.js';
export { currencyOffset, isKnownCurrency, isWholeMinor, toMajor, toMinor } from './money.js';
export { digestOfId, pseudonymousId, withoutPersonalData } from './personal-data.js';
export { urlWithoutPersonalData } from './personal-places.js';
export { queryParameters } from './percent-decoded.js';
export { Random, SeededRandom, derivedSeed, freshSeed, randomStream } from './random.js';
export { Turns } from './turns.js';
export { RateLimits } from './http/rate-limits.js';
export { AdminToken, SecretsKey } from './secrets.js';
export { SharedModule, type Basement } from './shared.module.js';
export {
  MILLIS_PER_DAY,
  MILLIS_PER_HOUR,
  addDays,
  dayBounds,
  localDay,
  parseInstant,
} from './time.js';
export {
  JobHistory,
  removeOldRuns,
  JobRegistry,
  JobRunner,
  nothingDue,
  showJobRun,
  type Job,
  type JobContext,
  type JobCounts,
  type JobOverview,
  type JobResult,
  type JobRun,
} from './jobs/index.js';
