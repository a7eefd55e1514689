// What a plan asks of an account at an instant: which scopes are due, and with how much money.
import type { Account, Plan, PlanScope } from '../../accounts/index.js';
import type { ArmReports } from '../../metrics/index.js';
import { toMinor } from '../../shared/money.js';
import type { ApplyMode, DecidedScope } from '../decisions/decided-scope.js';
import { spentWithin } from './month-spend.js';
import { dayOfWindow, monthStart, pacedDay, underCeiling, type LocalTime } from './scope-day.js';

export interface Turn {
  account: Account;
  plan: Plan;
  now: Date;
  local: LocalTime;
}

export interface AskedScope {
  scope: PlanScope;
  /** The day that a decision of now would be that of. */
  localDay: string;
  isOpen: boolean;
}

/** `window`: when decisions of the scope may be carried out, HH:MM-HH:MM. */
export function askedOn(scope: PlanScope, window: string, local: LocalTime): AskedScope {
  const day = dayOfWindow(window, local);
  return { scope, localDay: day ?? local.day, isOpen: day !== null };
}

/** Why a scope gets no decision now; null = it is due. */
export function whyNot(
  { scope, localDay, isOpen }: AskedScope,
  decided: readonly DecidedScope[],
  awaitingApproval: ReadonlySet<string>,
): string | null {
  if (scope.mode === 'off') return 'off';
  const isSame = (one: DecidedScope) => one.scopeId === scope.scope_id && one.localDay === localDay;
  if (decided.some(isSame)) return 'decided_before';
  if (!isOpen) return 'outside_window';
  // A new decision would void the one that a person is just looking at.
  return awaitingApproval.has(scope.scope_id) ? 'approval_waiting' : null;
}

export function applyModeOf({ mode }: PlanScope): ApplyMode | null {
  return mode === 'live' || mode === 'approve' ? mode : null;
}

/** The money of the day for every scope that is on, all together under the ceiling. */
export function dayTotals(
  { account, plan, local }: Turn,
  spent: SpentThisMonth,
): [PlanScope, number][] {
  const { currency } = account;
  const scopes = plan.scopes.filter(({ mode }) => mode !== 'off');
  const totals = scopes.map((scope) =>
    scope.monthly_budget === undefined
      ? toMinor(scope.daily_budget ?? 0, currency)
      : pacedDay(toMinor(scope.monthly_budget, currency), spent.of(scope.campaign_ids), local.day),
  );
  const ceiling = plan.daily_spend_ceiling;
  const held = underCeiling(totals, ceiling === undefined ? null : toMinor(ceiling, currency));
  return scopes.map((scope, index) => [scope, held[index] ?? 0]);
}

/** What each campaign has spent this month; paused and archived ads have spent their part too. */
export class SpentThisMonth {
  private readonly byCampaign = new Map<string, number>();
  private readonly span: { from: string; until: string; timezone: string };

  constructor({ account, local: { day } }: Turn) {
    this.span = { from: monthStart(day), until: day, timezone: account.timezone };
  }

  add({ ad, reporters }: ArmReports): void {
    for (const { ad: reporter, reports } of reporters) {
      const spent = spentWithin(reports, { ...this.span, startedAt: reporter.startedAt });
      this.byCampaign.set(ad.campaignId, (this.byCampaign.get(ad.campaignId) ?? 0) + spent);
    }
  }

  of(campaigns: PlanScope['campaign_ids']): number {
    const known = campaigns === 'all' ? [...this.byCampaign.keys()] : new Set(campaigns);
    let sum = 0;
    for (const campaign of known) sum += this.byCampaign.get(campaign) ?? 0;
    return sum;
  }
}

export function targetMinor(
  { objective = 'value', target }: PlanScope,
  currency: string,
): number | null {
  if (objective === 'value' || target === undefined) return null;
  return objective === 'target_cpa' ? toMinor(target, currency) : target;
}
