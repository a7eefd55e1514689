// What metrics' events, and through them the beliefs, hear of the ledger: every conversion as one
// event with the value it came with, everything said of it later as corrections of that event. So
// one that another way of reporting told already counts once, and can be taken back all the same.
import type { AdEventValues, Correction } from '../../metrics/index.js';
import type { CreditEntry, CreditedConversion } from './credits.queries.js';

export interface BeliefEvents {
  events: AdEventValues[];
  corrections: Correction[];
}

/** Leads are no conversions: no belief counts them. */
export function beliefEvents(
  entries: readonly CreditEntry[],
  conversions: readonly CreditedConversion[],
): BeliefEvents {
  const byId = new Map(conversions.map((conversion) => [conversion.id, conversion]));
  const result: BeliefEvents = { events: [], corrections: [] };
  for (const { conversionId, revision, kind, count, valueMinor } of entries) {
    const conversion = byId.get(conversionId);
    if (!conversion || kind === 'lead') continue;
    const { eventId } = conversion;
    const news = { eventId, teller: conversionId, revision };
    if (revision > 0) {
      // What a stage is worth now moves the pipeline only.
      const isHeard = count < 0 || (valueMinor ?? 0) !== 0;
      if (isHeard) result.corrections.push({ ...news, count: count < 0 ? -1 : 0, valueMinor });
      continue;
    }
    result.events.push(eventOf(conversion));
    const came = conversion.valueMinor;
    const change = came === null || valueMinor === null ? null : valueMinor - came;
    if (count === 0) result.corrections.push({ ...news, count: -1, valueMinor: change });
    else if (change !== null && change !== 0) {
      result.corrections.push({ ...news, count: 0, valueMinor: change });
    }
  }
  return result;
}

function eventOf(conversion: CreditedConversion): AdEventValues {
  const { eventId, adId, valueMinor, stage, eventTime, clickedAt } = conversion;
  return {
    ...{ eventId, adId, type: 'conversion', count: 1, valueMinor, stage },
    ...{ occurredAt: eventTime, clickId: null, clickedAt, features: null },
  };
}
