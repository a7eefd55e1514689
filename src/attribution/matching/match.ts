// To which ad a conversion belongs: the order of the contract, each way with its own confidence,
// the last click before the event winning within the account's window.
import { MILLIS_PER_DAY } from '../../shared/time.js';
import { CLOCK_TOLERANCE_MILLIS } from '../../shared/history.js';
import { digestOfId } from '../../shared/personal-data.js';
import { queryParameters } from '../../shared/percent-decoded.js';
import { idFault } from '../../shared/plain-text.js';

type MatchMethod = 'ad_id' | 'click_id' | 'fbclid' | 'external_id' | 'utm';

export interface Attribution {
  /** The object named; its budget-owning ancestor is looked up afterwards. */
  adId: string;
  method: MatchMethod;
  confidence: number;
  clickedAt: Date | null;
}

export interface Touch {
  touchKey: string;
  touchedAt: Date;
  adId: string;
}

export interface MatchInput {
  eventTime: Date;
  adId: string | null;
  utmIds: string[];
  /** In the order of trust: click, fbclid, external ids. */
  touchKeys: string[];
}

/**
 * Not measured, an order of trust: named by the caller; named click; Meta's click id (which cookies
 * may carry over to another visit); the same person seen earlier; a URL that people copy.
 */
const CONFIDENCE: Record<MatchMethod, number> = {
  ad_id: 1,
  click_id: 0.95,
  fbclid: 0.9,
  external_id: 0.7,
  utm: 0.5,
};
const KEY_CHARACTERS_MAX = 128;

export const clickKey = (clickId: string) => `click_id:${clickId}`;
export const fbclidKey = (fbclid: string) => `fbclid:${fbclid}`;
/** Long ones do not fit into an index. */
export const externalIdKey = (externalId: string) =>
  `external_id:${externalId.length > KEY_CHARACTERS_MAX ? digestOfId(externalId) : externalId}`;

/** null = nobody's. `isKnown` says whether the account has registered the object. */
export function matchConversion(
  input: MatchInput,
  touches: ReadonlyMap<string, Touch[]>,
  isKnown: (adId: string) => boolean,
  windowDays: number,
): Attribution | null {
  const click = input.touchKeys
    .map((key) => ({ key, touch: lastClick(touches.get(key) ?? [], input.eventTime, windowDays) }))
    .find(({ touch }) => touch !== null && isKnown(touch.adId));
  if (input.adId !== null && isKnown(input.adId)) {
    const same = click?.touch?.adId === input.adId ? click.touch.touchedAt : null;
    return attribution(input.adId, 'ad_id', same);
  }
  if (click?.touch) {
    return attribution(click.touch.adId, methodOf(click.key), click.touch.touchedAt);
  }
  const named = input.utmIds.find(isKnown);
  return named === undefined ? null : attribution(named, 'utm', null);
}

/** The ids that our URL parameters carry, the most exact first. */
export function utmIdsOf(url: string | null): string[] {
  // Only an escape could hide the names.
  if (url === null || !/utm_|%/.test(url)) return [];
  const parameters = queryParameters(url);
  return ['utm_content', 'utm_term', 'utm_campaign'].flatMap((name) => {
    const value = parameters.find((parameter) => parameter[0] === name)?.[1].trim() ?? '';
    return idFault(value) === null ? [value] : [];
  });
}

/** For Ads Manager's field "URL parameters"; utmIdsOf reads it back. */
export const URL_PARAMETERS =
  'utm_source=meta&utm_medium=paid_social&utm_campaign={{campaign.id}}&utm_term={{adset.id}}' +
  '&utm_content={{ad.id}}';

function lastClick(touches: Touch[], eventTime: Date, windowDays: number): Touch | null {
  const until = eventTime.getTime() + CLOCK_TOLERANCE_MILLIS;
  const since = eventTime.getTime() - windowDays * MILLIS_PER_DAY;
  return touches
    .filter(({ touchedAt }) => touchedAt.getTime() <= until && touchedAt.getTime() >= since)
    .reduce<Touch | null>(
      (last, touch) => (last === null || touch.touchedAt > last.touchedAt ? touch : last),
      null,
    );
}

function methodOf(touchKey: string): MatchMethod {
  return touchKey.slice(0, touchKey.indexOf(':')) as MatchMethod;
}

function attribution(adId: string, method: MatchMethod, clickedAt: Date | null): Attribution {
  return { adId, method, confidence: CONFIDENCE[method], clickedAt };
}
