export {
  countEvents,
  countOverTime,
  countSales,
  findAdEvent,
  findClickEvents,
  queuedEvents,
  takeQueuedEvents,
} from './ad-event-lookups.queries.js';
export {
  eventDigest,
  isCorrection,
  type AdEventRow,
  type AdEventType,
  type AdEventValues,
  type EventFeatures,
} from './ad-events.js';
export { insertCorrections } from './corrections.queries.js';
export type { Correction } from './corrections.js';
export { EVENTS_TABLE, insertAdEvents, type InsertedEvents } from './ad-events.queries.js';
export { AdsImport, type ImportReport } from './ads-import.service.js';
export { asOfOf } from './as-of.js';
export { AdTree } from './credit.js';
export { MetricDay, MetricDayRevision } from './metric-day.entity.js';
export { MetricSnapshot } from './metric-snapshot.entity.js';
export type { DayValues, SnapshotValues } from './metric-values.js';
export { NewSnapshot } from './metrics.dto.js';
export { MetricsIntake } from './metrics-intake.service.js';
export { MetricsModule } from './metrics.module.js';
export { Outcome } from './outcome.entity.js';
export type { EventCredit } from './event-credit.js';
export { readMetricsOverview, type MetricsOverview } from './overview.queries.js';
export { ReportsService, type AccountReports, type ArmReports } from './reports.service.js';
export { Scraper, type Scraped } from './scraper.service.js';
export { NO_TOTALS, addTotals, type Reports, type Totals } from './totals.js';
