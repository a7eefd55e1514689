// What is asked for during a crash run: many ad sets of several accounts, some asked twice, some
// too boldly, some too often, and campaigns with more wishes than an hour allows. Every wish of an
// ad set asks for another amount, so that an effect in the ledger tells whose it is.
export const BEFORE = 5000;
export const ACCOUNTS = 4;
/** Portions of requests; between two of them the processes are tormented. */
const PORTIONS = 16;
/** No rule lets an amount go beyond this from `BEFORE` in a run. */
export const HIGHEST = 6000;
const HOT_CAMPAIGNS = 6;
const HOT_AD_SETS = 30;
const RESTLESS = 40;
const RESTLESS_VALUES = [5100, 5200, 5300, 5400, 5600, 5700];

interface AdSet {
  account: string;
  id: string;
  campaign: string;
}

export interface Wish {
  account: string;
  adId: string;
  minor: number;
}

export interface Scenario {
  adSets: AdSet[];
  hotCampaigns: { account: string; campaign: string }[];
  portions: Wish[][];
}

export function scenarioOf(changes: number): Scenario {
  const portions: Wish[][] = Array.from({ length: PORTIONS }, () => []);
  const ask = (portion: number, { account, id: adId }: AdSet, minor: number) =>
    portions[Math.min(portion, PORTIONS - 1)]?.push({ account, adId, minor });
  const hot = Array.from({ length: HOT_CAMPAIGNS * HOT_AD_SETS }, (_, index) =>
    adSetOf(2_000_000 + index, `79${Math.floor(index / HOT_AD_SETS)}`, index),
  );
  const restless = Array.from({ length: RESTLESS }, (_, index) =>
    adSetOf(3_000_000 + index, `78${index}`, index),
  );
  const plain = Array.from({ length: changes }, (_, index) =>
    adSetOf(1_000_000 + index, `77${index >> 2}`, index >> 2),
  );
  for (const [index, adSet] of hot.entries()) ask(index % 3, adSet, 5500);
  for (const adSet of restless) {
    for (const [turn, minor] of RESTLESS_VALUES.entries()) ask(turn * 2, adSet, minor);
  }
  for (const [index, adSet] of plain.entries()) {
    const portion = Math.floor((index * (PORTIONS - 4)) / changes);
    const isBold = index % 50 === 3;
    ask(portion, adSet, isBold ? 5900 : 5500);
    if (isBold) ask(portion + 3, adSet, 6500);
    else if (index % 4 === 1) ask(portion + 2 + (index % 3), adSet, 5600);
  }
  const hotCampaigns = hot
    .filter((_, index) => index % HOT_AD_SETS === 0)
    .map(({ account, campaign }) => ({ account, campaign }));
  return { adSets: [...hot, ...restless, ...plain], hotCampaigns, portions };
}

/** A campaign is of one account. */
function adSetOf(id: number, campaign: string, index: number): AdSet {
  const owner = campaign.startsWith('79') ? Number(campaign.slice(2)) : index;
  return { account: `c${owner % ACCOUNTS}`, id: String(id), campaign };
}
