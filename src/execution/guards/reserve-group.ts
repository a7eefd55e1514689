// Which changes of a group may go out now, as the campaign's hour, the ad set's hour, the account's
// day and the decision's money fill up with those before them. Pure.
import { ceilingVerdict, spendsMinor, withBudget, type CeilingFacts } from './daily-ceiling.js';
import { type Deferral } from './guard-rules.js';
import { budgetEditRate, campaignRate } from './rates.js';
import { lastRunning, without, type Running } from './last-running.js';
import { fundingVerdict, type DecisionFunding } from './decision-funding.js';

export interface Reservable {
  change: {
    id: string;
    adId: string;
    campaignId: string;
    changeType: string;
    requestedMinor: number | null;
    requestedStatus: string | null;
    currentMinor: number | null;
    origin: string;
    decisionId: string | null;
  };
  before: { image: { status: string; dailyBudgetMinor: number | null } };
}

export interface ReserveFacts {
  actions: readonly { campaignId: string; adId: string; isBudget: boolean; at: number }[];
  money: ReadonlyMap<string, DecisionFunding>;
  adSets: ReadonlySet<string>;
  cooldown: { waitMillis: number; blockedBy: string; detail: string } | null;
  now: number;
  actionsPerHour: number;
  /** null where the account has no ceiling, or nothing of the group could pass it. */
  ceiling: CeilingFacts | null;
  /** null where nothing of the group stops an object. */
  running: Running | null;
}

export type Hold = Deferral | { kind: 'blocked'; code: string; detail: string };

export function reserveGroup<T extends Reservable>(
  group: readonly T[],
  facts: ReserveFacts,
): { go: T[]; held: Map<string, Hold> } {
  const actions = [...facts.actions];
  const money = new Map([...facts.money].map(([id, one]) => [id, { ...one }]));
  let { ceiling, running } = facts;
  const go: T[] = [];
  const held = new Map<string, Hold>();
  for (const one of group) {
    const { id, adId, campaignId, changeType, decisionId } = one.change;
    const funding = waitsForFunding(one.change) && decisionId ? money.get(decisionId) : undefined;
    const raise = (one.change.requestedMinor ?? 0) - (one.before.image.dailyBudgetMinor ?? 0);
    const refusal = refusalOf(one, raise, funding, { ...facts, actions, ceiling, running });
    if (refusal) {
      held.set(id, refusal);
      continue;
    }
    if (funding) funding.used += raise;
    const spends = spendsMinor(one.change, one.before.image);
    if (ceiling && spends !== null) {
      ceiling = { ...ceiling, budgets: withBudget(ceiling.budgets, adId, spends) };
    }
    if (running && stops(one.change)) running = without(running, adId);
    actions.push({ campaignId, adId, isBudget: changeType === 'budget', at: facts.now });
    go.push(one);
  }
  return { go, held };
}

export function stops({ requestedStatus }: Pick<Reservable['change'], 'requestedStatus'>): boolean {
  return requestedStatus === 'paused' || requestedStatus === 'archived';
}

/** Only what a decision wants to raise has to be paid from what the decision cuts. */
export function waitsForFunding(
  change: Pick<
    Reservable['change'],
    'changeType' | 'origin' | 'decisionId' | 'requestedMinor' | 'currentMinor'
  >,
): boolean {
  const { changeType, origin, decisionId, requestedMinor, currentMinor } = change;
  if (changeType !== 'budget' || origin !== 'decision' || decisionId === null) return false;
  return (requestedMinor ?? 0) > (currentMinor ?? 0);
}

function refusalOf(
  { change, before }: Reservable,
  raise: number,
  funding: DecisionFunding | undefined,
  facts: ReserveFacts,
): Hold | null {
  const { cooldown, now, actions } = facts;
  if (cooldown) {
    const { waitMillis, blockedBy: code, detail } = cooldown;
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
  if (facts.running && stops(change) && before.image.status === 'active') {
    const last = lastRunning(facts.running, adId);
    if (last) return last;
  }
  const spends = spendsMinor(change, before.image);
  if (facts.ceiling && spends !== null) {
    const above = ceilingVerdict(adId, spends, facts.ceiling);
    if (above) return above;
  }
  if (!funding) return null;
  const paid = fundingVerdict(raise, funding);
  return paid.kind === 'allowed' ? null : paid;
}
