// Which changes of a group may go out now, as the campaign's hour, the ad set's hour and the
// decision's money fill up with those before them. Pure.
import { budgetEditRate, campaignRate, type Deferral } from './guard-rules.js';
import { moneyVerdict, type DecisionMoney } from './money.js';

export interface Reservable {
  change: {
    id: string;
    adId: string;
    campaignId: string;
    changeType: string;
    requestedMinor: number | null;
    currentMinor: number | null;
    origin: string;
    decisionId: string | null;
  };
  before: { image: { dailyBudgetMinor: number | null } };
}

export interface ReserveFacts {
  actions: readonly { campaignId: string; adId: string; isBudget: boolean; at: number }[];
  money: ReadonlyMap<string, DecisionMoney>;
  adSets: ReadonlySet<string>;
  asleep: { waitMillis: number; blockedBy: string; detail: string } | null;
  now: number;
  actionsPerHour: number;
}

export type HeldBack = Deferral | { kind: 'blocked'; code: string; detail: string };

export function reserveGroup<T extends Reservable>(
  group: readonly T[],
  facts: ReserveFacts,
): { go: T[]; held: Map<string, HeldBack> } {
  const actions = [...facts.actions];
  const money = new Map([...facts.money].map(([id, one]) => [id, { ...one }]));
  const go: T[] = [];
  const held = new Map<string, HeldBack>();
  for (const one of group) {
    const { id, adId, campaignId, changeType, decisionId } = one.change;
    const purse = waitsForMoney(one.change) && decisionId ? money.get(decisionId) : undefined;
    const raise = (one.change.requestedMinor ?? 0) - (one.before.image.dailyBudgetMinor ?? 0);
    const refusal = refusalOf(one, raise, purse, { ...facts, actions });
    if (refusal) {
      held.set(id, refusal);
      continue;
    }
    if (purse) purse.used += raise;
    actions.push({ campaignId, adId, isBudget: changeType === 'budget', at: facts.now });
    go.push(one);
  }
  return { go, held };
}

/** Only what a decision wants to raise has to be paid from what the decision cuts. */
export function waitsForMoney(change: Reservable['change']): boolean {
  const { changeType, origin, decisionId, requestedMinor, currentMinor } = change;
  if (changeType !== 'budget' || origin !== 'decision' || decisionId === null) return false;
  return (requestedMinor ?? 0) > (currentMinor ?? 0);
}

function refusalOf(
  { change }: Reservable,
  raise: number,
  purse: DecisionMoney | undefined,
  facts: ReserveFacts,
): HeldBack | null {
  const { asleep, now, actions } = facts;
  if (asleep) {
    const { waitMillis, blockedBy: code, detail } = asleep;
    return { kind: 'deferred', code, detail, waitMillis };
  }
  const { adId, campaignId, changeType } = change;
  const ofCampaign = actions.filter((action) => action.campaignId === campaignId);
  const rate = campaignRate(
    ofCampaign.map(({ at }) => at),
    now,
    facts.actionsPerHour,
  );
  if (rate.kind === 'deferred') return rate;
  if (changeType === 'budget' && facts.adSets.has(adId)) {
    const edits = ofCampaign.filter((action) => action.adId === adId && action.isBudget);
    const rateOfEdits = budgetEditRate(
      edits.map(({ at }) => at),
      now,
    );
    if (rateOfEdits.kind === 'deferred') return rateOfEdits;
  }
  if (!purse) return null;
  const paid = moneyVerdict(raise, purse);
  return paid.kind === 'allowed' ? null : paid;
}
