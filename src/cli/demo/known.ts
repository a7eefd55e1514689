// What a real export tells and what it does not, said before any advice.
import { counted, decimal, percent, whole } from '../terminal/plain-numbers.js';
import { ENOUGH_CONVERSIONS, MOST_OF_THE_MONEY, type Level, type LevelAd } from './levels.js';
import { hasEnough } from './levels.js';
import type { SmallAdSelection } from './small-ads.js';

export interface Known {
  ads: readonly LevelAd[];
  currency: string;
  toMajor: (minor: number) => number;
  /** First and last day with figures; null without dates. */
  days: { first: string; last: string; count: number } | null;
  /** null = not reported. */
  revenueMinor: number | null;
  leads: number | null;
  selection: SmallAdSelection | null;
}

export function knownLines(known: Known): string[] {
  const { ads, currency, toMajor, days } = known;
  const spend = sum(ads, (ad) => ad.spendMinor);
  const reported = ads.filter(({ conversions }) => conversions !== null);
  const conversions = sum(reported, (ad) => ad.conversions ?? 0);
  const clicks = sum(reported, (ad) => ad.clicks);
  const enough = ads.filter((ad) => hasEnough(ad, clicks > 0 ? conversions / clicks : 0));
  const none = reported.filter((ad) => ad.conversions === 0).length;
  const enoughSpend = spend > 0 ? sum(enough, (ad) => ad.spendMinor) / spend : 0;
  return [
    'Known',
    `  ${counted(ads.length, 'ad')} in ${counted(campaignsOf(ads), 'campaign')}, ` +
      `${whole(sum(ads, (ad) => ad.clicks))} clicks, ${decimal(toMajor(spend), 2)} ${currency} spent.`,
    ...(days
      ? [`  Figures by day from ${days.first} to ${days.last} (${counted(days.count, 'day')}).`]
      : []),
    ...(reported.length > 0
      ? [`  ${counted(conversions, 'conversion')}${leadWords(known.leads)}.`]
      : []),
    ...(known.revenueMinor === null
      ? []
      : [`  Revenue: ${decimal(toMajor(known.revenueMinor), 2)} ${currency}.`]),
    'Not known',
    ...(days
      ? []
      : ['  Dates: none, so all clicks count as matured and nothing can be said per day.']),
    ...(reported.length === 0 ? ['  Conversions: the file has none.'] : []),
    ...(known.revenueMinor === null
      ? ['  Revenue: none. Value is counted in conversions, and no gain in money can be named.']
      : []),
    ...(reported.length === 0
      ? []
      : [
          `  ${counted(none, 'ad')} of ${whole(ads.length)} have no conversion; ` +
            `${counted(enough.length, 'ad')} (${percent(enoughSpend)} of the spend) have enough ` +
            `evidence:`,
          `  at least ${ENOUGH_CONVERSIONS} conversions, seen or to be expected from their clicks.`,
        ]),
    ...selectionLines(known.selection),
  ];
}

function selectionLines(selection: SmallAdSelection | null): string[] {
  if (selection === null) return [];
  const { expectedEmpty, foundEmpty, largeIds, largeSpendShare } = selection;
  return [
    `  Small ads: about ${whole(expectedEmpty)} ads without any result were to be expected, ` +
      `${whole(foundEmpty)} are in the file. It seems`,
    '  to hold only ads that had a result, so small ads look far better than they are. Advice uses',
    `  the ${counted(largeIds.size, 'ad')} (${percent(largeSpendShare, 0)} of the spend) large ` +
      'enough for that not to matter.',
  ];
}

export function levelLines(level: Level): string[] {
  const enough = level.cells.filter((cell) => cell.enough).length;
  return [
    `Level: ${level.name} (${counted(level.cells.length, 'cell')}). The finest at which most of the ` +
      `money lies in cells with enough evidence:`,
    `${enough} of ${level.cells.length} have it, with ${percent(level.enoughShare, 0)} of the spend ` +
      `judged (at least ${percent(MOST_OF_THE_MONEY, 0)} is asked for).`,
  ];
}

function leadWords(leads: number | null): string {
  return leads === null ? '' : ` and ${counted(leads, 'lead')}`;
}

function campaignsOf(ads: readonly LevelAd[]): number {
  return new Set(ads.map(({ campaignId }) => campaignId)).size;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
