// The plan carried out: every scope whose window is open and whose local day has no decision yet
// gets one, from the plan alone. Whether it is also queued is the scope's mode; what is really
// written is execution's, whose mode is the ceiling.
import { Injectable } from '@nestjs/common';
import {
  AccountScope,
  AccountsService,
  DEFAULT_APPLY_WINDOW,
  DEFAULT_MAX_CHANGE_PCT_24H,
  PlansService,
  type Account,
  type Plan,
  type PlanScope,
} from '../../accounts/index.js';
import {
  BeliefsService,
  CreativeInsights,
  type AccountBeliefs,
  type CreativeInsight,
} from '../../learning/index.js';
import { Config, Log, freshSeed, toMinor } from '../../shared/index.js';
import { allocationAd } from '../decisions/allocation-input.js';
import { conversionUnit } from '../split/conversion-unit.js';
import type { DecisionInputs } from '../decisions/decision-answer.js';
import {
  DecisionsService,
  type ApplyMode,
  type DecidedScope,
} from '../decisions/decisions.service.js';
import { POLICIES, policyNamed } from '../policies/policies.js';
import { spentWithin } from './month-spend.js';
import { decideScope, scopeAds } from './scope-decision.js';
import {
  dayOfWindow,
  localTime,
  monthStart,
  pacedDay,
  underCeiling,
  type LocalTime,
} from './scope-day.js';

const REQUESTED_BY = 'job:allocate';

/** How many scopes went which way. */
export type PlanCounts = Record<string, number>;

interface Turn {
  account: Account;
  plan: Plan;
  now: Date;
  local: LocalTime;
}

interface AskedScope {
  scope: PlanScope;
  /** The day that a decision of now would be that of. */
  localDay: string;
  isOpen: boolean;
}

interface Known {
  beliefs: AccountBeliefs;
  insights: ReadonlyMap<string, CreativeInsight>;
}

@Injectable()
export class PlanRunner {
  constructor(
    private readonly accounts: AccountsService,
    private readonly plans: PlansService,
    private readonly scope: AccountScope,
    private readonly beliefs: BeliefsService,
    private readonly insights: CreativeInsights,
    private readonly decisions: DecisionsService,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /** null when no account has a plan. One account's fault does not keep the others waiting. */
  async run(asOf: Date | null, signal: AbortSignal): Promise<PlanCounts | null> {
    const plans = await this.plans.all();
    if (plans.size === 0) return null;
    const counts: PlanCounts = {};
    const faults: unknown[] = [];
    for (const account of await this.accounts.all()) {
      const plan = plans.get(account.accountId);
      if (!plan) continue;
      signal.throwIfAborted();
      try {
        const now = asOf ?? (await this.scope.now(account));
        const local = localTime(now, account.timezone);
        await this.runPlan({ account, plan, now, local }, counts, signal);
      } catch (error) {
        signal.throwIfAborted();
        this.log.root.error({ err: error, account_id: account.accountId }, 'plan not carried out');
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
    return counts;
  }

  private async runPlan(turn: Turn, counts: PlanCounts, signal: AbortSignal): Promise<void> {
    const { account, plan, now, local } = turn;
    const asked = plan.scopes.map((scope) => askedOn(scope, local));
    const decided = await this.decisions.decided(
      account.accountId,
      asked.map(({ scope, localDay }) => ({ scopeId: scope.scope_id, localDay })),
    );
    const due = asked.filter((one) => {
      const why = whyNot(one, decided);
      if (why !== null) add(counts, why);
      return why === null;
    });
    if (due.length === 0) return;
    const beliefs = await this.beliefs.ofAccount(account, now);
    // Scopes may share ads; each is looked up once a run.
    const live = beliefs.arms.filter(({ ad }) => ad.status !== 'archived');
    const insights = await this.insights.of(account, live, beliefs);
    const known = { beliefs, insights };
    const totals = new Map(dayTotals(turn, beliefs).map(([scope, total]) => [scope, total]));
    for (const one of due) {
      signal.throwIfAborted();
      add(counts, await this.decideOne(turn, one, totals.get(one.scope) ?? 0, known));
    }
  }

  private async decideOne(
    { account, plan, now }: Turn,
    { scope, localDay }: AskedScope,
    totalMinor: number,
    known: Known,
  ): Promise<string> {
    const { accountId, currency } = account;
    const policy = scope.policy === undefined ? POLICIES[0] : policyNamed(scope.policy);
    const stepPct = Math.min(
      plan.max_change_pct_24h ?? DEFAULT_MAX_CHANGE_PCT_24H,
      this.config.budgetVelocityPct,
    );
    const request = {
      scope,
      inputs: inputsOf(account, scope, { now, totalMinor, stepPct }, known),
      target: targetMinor(scope, currency),
      confidenceFloor: plan.confidence_floor ?? 0,
      valueKnown: known.beliefs.account.value.source !== 'unit',
    };
    const decision = policy
      ? decideScope(request, policy)
      : { code: 'sampling.unknown_policy', detail: `There is no policy "${scope.policy}".` };
    if ('code' in decision) {
      const { code, detail } = decision;
      const { scope_id } = scope;
      this.log.root.warn({ account_id: accountId, scope_id, code, detail }, 'scope not decided');
      return 'refused';
    }
    const { inputs, answer } = decision;
    const id = await this.decisions.recordForScope(accountId, inputs, answer, {
      requestedBy: REQUESTED_BY,
      applyMode: applyModeOf(scope),
      scope: { scopeId: scope.scope_id, localDay },
    });
    return id === null ? 'decided_before' : `decided_${scope.mode}`;
  }
}

function askedOn(scope: PlanScope, local: LocalTime): AskedScope {
  const day = dayOfWindow(scope.apply_window ?? DEFAULT_APPLY_WINDOW, local);
  return { scope, localDay: day ?? local.day, isOpen: day !== null };
}

function whyNot({ scope, localDay, isOpen }: AskedScope, decided: DecidedScope[]): string | null {
  if (scope.mode === 'off') return 'off';
  const isSame = (one: DecidedScope) => one.scopeId === scope.scope_id && one.localDay === localDay;
  if (decided.some(isSame)) return 'decided_before';
  return isOpen ? null : 'outside_window';
}

function applyModeOf({ mode }: PlanScope): ApplyMode | null {
  return mode === 'live' || mode === 'approve' ? mode : null;
}

/** The money of the day for every scope that is on, all together under the ceiling. */
function dayTotals({ account, plan, local }: Turn, beliefs: AccountBeliefs): [PlanScope, number][] {
  const { currency } = account;
  const scopes = plan.scopes.filter(({ mode }) => mode !== 'off');
  const totals = scopes.map((scope) =>
    scope.monthly_budget === undefined
      ? toMinor(scope.daily_budget ?? 0, currency)
      : pacedDay(
          toMinor(scope.monthly_budget, currency),
          spentThisMonth(account, scope, local, beliefs),
          local.day,
        ),
  );
  const ceiling = plan.daily_spend_ceiling;
  const held = underCeiling(totals, ceiling === undefined ? null : toMinor(ceiling, currency));
  return scopes.map((scope, index) => [scope, held[index] ?? 0]);
}

/** Paused and archived ads have spent their part too. */
function spentThisMonth(
  account: Account,
  { campaign_ids: campaigns }: PlanScope,
  { day }: LocalTime,
  { arms }: AccountBeliefs,
): number {
  const span = { from: monthStart(day), until: day, timezone: account.timezone };
  return arms
    .filter(({ ad }) => campaigns === 'all' || campaigns.includes(ad.campaignId))
    .flatMap(({ reporters }) => reporters)
    .reduce(
      (sum, { ad, reports }) => sum + spentWithin(reports, { ...span, startedAt: ad.startedAt }),
      0,
    );
}

function inputsOf(
  { currency, settings }: Account,
  scope: PlanScope,
  money: { now: Date; totalMinor: number; stepPct: number },
  { beliefs, insights }: Known,
): DecisionInputs {
  const { now, totalMinor, stepPct } = money;
  const ads = beliefs.arms.map((arm) => allocationAd(arm, now, insights.get(arm.ad.adId)));
  return {
    allocation: {
      asOf: now.getTime(),
      seed: freshSeed(),
      totalMinor,
      maxStepPct: stepPct,
      killMinSpendMinor: toMinor(settings.kill_min_spend, currency),
      conversionsAsValue: beliefs.account.value.source === 'unit' ? conversionUnit(currency) : null,
      ads: scopeAds(ads, scope),
    },
    currency,
    maxStepPct: stepPct,
    minProbabilityBetter: settings.min_probability_better,
  };
}

function targetMinor({ objective = 'value', target }: PlanScope, currency: string): number | null {
  if (objective === 'value' || target === undefined) return null;
  return objective === 'target_cpa' ? toMinor(target, currency) : target;
}

function add(counts: PlanCounts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
