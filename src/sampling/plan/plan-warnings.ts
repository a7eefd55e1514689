// What a plan names and the account does not have. No fault: a plan may come before its ads, but a
// typing error in an id would leave a campaign without decisions, or a budget without its lock.
import type { Plan } from '../../accounts/index.js';

export interface PlanWarning {
  pointer: string;
  detail: string;
}

/** `ads`: all that the account has. */
export function planWarnings(
  { scopes }: Plan,
  ads: readonly { adId: string; campaignId: string }[],
): PlanWarning[] {
  const adIds = new Set(ads.map(({ adId }) => adId));
  const campaigns = new Set(ads.map(({ campaignId }) => campaignId));
  const missing = (ids: readonly string[], known: ReadonlySet<string>, at: string, what: string) =>
    [...ids.entries()]
      .filter(([, id]) => !known.has(id))
      .map(([index]) => ({
        pointer: `${at}/${index}`,
        detail: `names no ${what} of the account yet`,
      }));
  return scopes.flatMap(({ campaign_ids: wanted, locked_ids: locked = [] }, index) => [
    ...missing(
      wanted === 'all' ? [] : wanted,
      campaigns,
      `/scopes/${index}/campaign_ids`,
      'campaign',
    ),
    ...missing(locked, adIds, `/scopes/${index}/locked_ids`, 'ad'),
  ]);
}
