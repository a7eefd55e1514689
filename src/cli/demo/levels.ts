// At which level an account's evidence carries a decision: single ads, cells of ads that share
// attributes (age × gender), or campaigns. The choice looks at how much evidence there is and never
// at what it says, or the level would be picked for its lucky figures.
import { attributeKeys, combinations } from './attributes.js';

export interface LevelAd {
  adId: string;
  campaignId: string;
  name: string | null;
  creative: Readonly<Record<string, unknown>>;
  spendMinor: number;
  clicks: number;
  /** null = nobody reports them. */
  conversions: number | null;
}

export interface Cell {
  id: string;
  label: string;
  adIds: string[];
  spendMinor: number;
  enough: boolean;
}

export interface Level {
  name: string;
  kind: 'ad' | 'cells' | 'campaign';
  cells: Cell[];
  /** Share of the spend that lies in cells with enough evidence. */
  enoughShare: number;
}

/** Ten conversions, seen or to be expected from the clicks: a rate known to about a third. */
export const ENOUGH_CONVERSIONS = 10;
/** "Most of the money". */
export const MOST_OF_THE_MONEY = 0.8;

export function hasEnough(
  { conversions, clicks }: { conversions: number | null; clicks: number },
  conversionRate: number,
): boolean {
  if (conversions === null) return false;
  return conversions >= ENOUGH_CONVERSIONS || clicks * conversionRate >= ENOUGH_CONVERSIONS;
}

/**
 * The level with the most cells of those in which most of the money lies in cells with enough
 * evidence; null when not even campaigns (or the coarsest attribute) have enough.
 */
export function chooseLevel(ads: readonly LevelAd[]): Level | null {
  const fitting = candidateLevels(ads)
    .filter(({ cells }) => cells.length > 1)
    .filter(({ enoughShare }) => enoughShare >= MOST_OF_THE_MONEY);
  return fitting.reduce<Level | null>(
    (finest, level) =>
      finest === null || level.cells.length > finest.cells.length ? level : finest,
    null,
  );
}

/** Ads first, then every combination of up to three attributes, alone and within campaigns. */
export function candidateLevels(ads: readonly LevelAd[]): Level[] {
  const clicks = ads.reduce((sum, ad) => sum + (ad.conversions === null ? 0 : ad.clicks), 0);
  const conversions = ads.reduce((sum, ad) => sum + (ad.conversions ?? 0), 0);
  const rate = clicks > 0 ? conversions / clicks : 0;
  const level = (
    name: string,
    kind: Level['kind'],
    keyOf: (ad: LevelAd) => string,
    labelOf: (ad: LevelAd) => string,
  ) => levelOf(ads, rate, { name, kind, keyOf, labelOf });
  const valueOf = (ad: LevelAd, key: string) => String(ad.creative[key] ?? '–');
  const attributes = (ad: LevelAd, keys: string[]) =>
    keys.map((key) => `${key} ${valueOf(ad, key)}`).join(', ');
  const sets = combinations(attributeKeys(ads));
  const campaign = (ad: LevelAd) => `campaign ${ad.campaignId}`;
  return [
    level(
      'single ads',
      'ad',
      (ad) => ad.adId,
      (ad) => (ad.name === null ? `ad ${ad.adId}` : `"${ad.name}" (ad ${ad.adId})`),
    ),
    level('campaigns', 'campaign', campaign, campaign),
    // Of equally fine levels the first wins: groups across campaigns are the simpler story.
    ...sets.map((keys) => {
      const cell = (ad: LevelAd) => attributes(ad, keys);
      return level(keys.join(' × '), 'cells', cell, cell);
    }),
    ...sets.map((keys) => {
      const within = (ad: LevelAd) => `${campaign(ad)}, ${attributes(ad, keys)}`;
      return level(`campaign × ${keys.join(' × ')}`, 'cells', within, within);
    }),
  ];
}

interface LevelSpec {
  name: string;
  kind: Level['kind'];
  keyOf: (ad: LevelAd) => string;
  labelOf: (ad: LevelAd) => string;
}

function levelOf(ads: readonly LevelAd[], rate: number, spec: LevelSpec): Level {
  const groups = new Map<string, LevelAd[]>();
  for (const ad of ads) {
    const key = spec.keyOf(ad);
    const group = groups.get(key);
    if (group) group.push(ad);
    else groups.set(key, [ad]);
  }
  const cells = [...groups].map(([id, members]): Cell => {
    const known = members.filter(({ conversions }) => conversions !== null);
    const sums = {
      conversions: known.length > 0 ? sum(known, (ad) => ad.conversions ?? 0) : null,
      clicks: sum(known, (ad) => ad.clicks),
    };
    return {
      id,
      label: spec.labelOf(members[0] as LevelAd),
      adIds: members.map(({ adId }) => adId),
      spendMinor: sum(members, (ad) => ad.spendMinor),
      enough: hasEnough(sums, rate),
    };
  });
  const spend = sum(cells, (cell) => cell.spendMinor);
  const backed = sum(
    cells.filter(({ enough }) => enough),
    (cell) => cell.spendMinor,
  );
  return { name: spec.name, kind: spec.kind, cells, enoughShare: spend > 0 ? backed / spend : 0 };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
