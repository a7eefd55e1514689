export {
  countEvents,
  countSales,
  findAdEvent,
  findClickEvents,
  queuedEvents,
  takeQueuedEvents,
} from './events/ad-event-lookups.queries.js';
export {
  isCorrection,
  type AdEventRow,
  type AdEventValues,
  type EventFeatures,
} from './events/ad-events.js';
export { insertCorrections } from './reports/corrections.queries.js';
export type { Correction } from './reports/corrections.js';
export { EVENTS_TABLE, insertAdEvents, type InsertedEvents } from './events/ad-events.queries.js';
export { AdsImport, type ImportReport } from './imports/ads-import.service.js';
export { readIntake } from './reports/read-intake.service.js';
export { AdTree, nodeOf } from './reports/credit.js';
export type { SnapshotValues } from './reports/metric-values.js';
export { NewSnapshot } from './reports/metrics.dto.js';
export { MetricsIntake } from './reports/metrics-intake.service.js';
export { MetricsModule } from './metrics.module.js';
export type { EventCredit } from './reports/event-credit.js';
export { readMetricsOverview } from './overview.queries.js';
export { ReportsService, type AccountReports, type ArmReports } from './reports/reports.service.js';
export { OLD_EVENT_MONTHS, OLD_READINGS, OLD_REPORTS } from './old-reports.queries.js';
export type { MetricSource, Scraped } from './scrape/metric-source.js';
export { MetricSources } from './scrape/metric-sources.service.js';
export { SNAPSHOTS_TABLE } from './reports/snapshots.queries.js';
export { type Reports, type Totals } from './reports/totals.js';
