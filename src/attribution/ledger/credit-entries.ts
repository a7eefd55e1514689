// The next entries of the ledger: what must be added so that its sum is the net worth.
import type { CreditEntry, CreditedConversion } from './credits.queries.js';
import { netWorth, type NetWorth, type Stage } from './net-worth.js';

export function creditEntries(
  conversions: CreditedConversion[],
  stages: ReadonlyMap<string, Stage>,
): CreditEntry[] {
  return conversions.flatMap((conversion): CreditEntry[] => {
    const net = netWorth(conversion, conversion.adjustments, stages);
    const change = difference(net, conversion.credited);
    if (change === null) return [];
    const { id, revision, adId, kind, eventTime, clickedAt } = conversion;
    return [
      {
        conversionId: id,
        revision,
        adId,
        kind,
        ...change,
        occurredAt: eventTime,
        clickedAt,
      },
    ];
  });
}

/** null = the ledger says so already. */
function difference(
  net: NetWorth,
  credited: NetWorth | null,
): Pick<CreditEntry, 'count' | 'valueMinor' | 'pipelineValueMinor'> | null {
  if (credited === null) return net;
  const value = minus(net.valueMinor, credited.valueMinor);
  const pipeline = minus(net.pipelineValueMinor, credited.pipelineValueMinor);
  const count = (net.count - credited.count) as -1 | 0 | 1;
  if (count === 0 && (value ?? 0) === 0 && (pipeline ?? 0) === 0) return null;
  return { count, valueMinor: value, pipelineValueMinor: pipeline };
}

/** Unknown against unknown stays unknown; else the unknown side is nothing yet. */
function minus(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) - (b ?? 0);
}
