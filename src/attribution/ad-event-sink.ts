// The seam to the beliefs: every change of what a conversion is worth leaves through here, in the
// transaction that recorded it, as one signed event. Until somebody listens it goes nowhere else.
import type { EntityManager } from 'typeorm';

export interface AdEventRow {
  /** The conversion's event_id; corrections carry `~` and their number, so each counts once. */
  eventId: string;
  /** A budget-owning object of the account. */
  adId: string;
  type: 'conversion' | 'lead';
  /** 1 for the conversion, −1 for its cancellation, 0 for a mere change of value. */
  count: -1 | 0 | 1;
  /** Signed change in minor units of the account's currency; null = not known. */
  valueMinor: number | null;
  pipelineValueMinor: number | null;
  occurredAt: Date;
  /** The click behind it: corrections go to the same cohort. null = not known. */
  clickedAt: Date | null;
}

export type InsertAdEvents = (
  manager: EntityManager,
  accountId: string,
  rows: AdEventRow[],
) => Promise<void>;

/** Both the type and the injection token. */
export abstract class AdEventSink {
  abstract insert: InsertAdEvents;
}
