// Events of several requests are inserted as one list; here each request finds its own again.
import type { ConversionSource } from '../../accounts/index.js';
import type { AdEventRow, AdEventValues, InsertedEvents } from '../../metrics/index.js';

/** Positions are those in the request's own list. */
export interface OwnEvents {
  inserted: AdEventRow[];
  duplicates: number[];
  conflicts: number[];
  /** Where the account's conversions come from as far as the request brought some; else null. */
  conversionSource: ConversionSource | null;
}

/**
 * `all` tells of the requests' lists one after the other: who comes first under an id is new, who
 * comes later repeats or contradicts it, also across requests.
 */
export function apportionEvents(
  requests: readonly AdEventValues[][],
  all: InsertedEvents,
  source: ConversionSource | null,
): OwnEvents[] {
  const owners = requests.flatMap((events, request) => events.map((_, own) => ({ request, own })));
  const shares = requests.map((): OwnEvents => ({
    ...{ inserted: [], duplicates: [], conflicts: [] },
    conversionSource: null,
  }));
  const give = (place: number, to: (share: OwnEvents, own: number) => void) => {
    const owner = owners[place];
    const share = owner && shares[owner.request];
    if (share) to(share, owner.own);
  };
  all.inserted.forEach((row, index) => {
    give(all.places[index] ?? -1, (share) => {
      share.inserted.push(row);
      if (row.type === 'conversion') share.conversionSource = all.conversionSource ?? source;
    });
  });
  for (const place of all.duplicates) give(place, (share, own) => share.duplicates.push(own));
  for (const place of all.conflicts) give(place, (share, own) => share.conflicts.push(own));
  return shares;
}
