// The plan carried out: every scope whose window is open and whose local day has no decision yet
// gets one, from the plan alone. Whether it is also queued is the scope's mode; what is really
// written is execution's, whose mode is the ceiling.
import { MAX_CHANGE_PCT_24H } from '../../shared/budget-steps.js';
import { Injectable } from '@nestjs/common';
import {
  AccountScope,
  AccountsService,
  DEFAULT_APPLY_WINDOW,
  PlansService,
  forEachAccount,
  type AccountsDone,
} from '../../accounts/index.js';
import {
  BeliefsService,
  CreativeInsights,
  type AccountBeliefs,
  type CreativeInsight,
} from '../../learning/index.js';
import { Breather, Config, Log, freshSeed } from '../../shared/index.js';
import { allocationAd } from '../decisions/allocation-input.js';
import { decisionInputs } from '../decisions/decision-inputs.js';
import { DecisionsService } from '../decisions/decisions.service.js';
import { DecisionsToQueue } from '../decisions/decisions-to-queue.service.js';
import { POLICIES, policyNamed } from '../policies/policies.js';
import {
  SpentThisMonth,
  applyModeOf,
  askedOn,
  dayTotals,
  targetMinor,
  whyNot,
  type AskedScope,
  type Turn,
} from './plan-turn.js';
import {
  decidingScope,
  scopeAds,
  type ScopeDecision,
  type ScopeRefusal,
} from './scope-decision.js';
import { localTime } from './scope-day.js';

const REQUESTED_BY = 'job:allocate';

export interface PlansRun {
  /** How many scopes went which way. */
  counts: Record<string, number>;
  accounts: AccountsDone;
}

/** One more scope went this way. */
type Count = (name: string) => void;

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
    private readonly queue: DecisionsToQueue,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /** null when no account has a plan. One account's fault does not keep the others waiting. */
  async run(
    asOf: Date | null,
    signal: AbortSignal,
    report: (counts: PlansRun['counts']) => void,
  ): Promise<PlansRun | null> {
    const plans = await this.plans.all();
    if (plans.size === 0) return null;
    const counts: PlansRun['counts'] = {};
    const count = (name: string) => {
      counts[name] = (counts[name] ?? 0) + 1;
      report(counts);
    };
    const planned = (await this.accounts.all()).filter(({ accountId }) => plans.has(accountId));
    const accounts = await forEachAccount(planned, signal, async (account) => {
      const plan = plans.get(account.accountId);
      if (!plan) return;
      const now = asOf ?? (await this.scope.now(account));
      const local = localTime(now, account.timezone);
      await this.runPlan({ account, plan, now, local }, count, signal);
    });
    for (const { account_id, cause } of accounts.failed) {
      this.log.root.error({ err: cause, account_id }, 'plan not carried out');
    }
    return { counts, accounts };
  }

  private async runPlan(turn: Turn, count: Count, signal: AbortSignal) {
    const due = await this.due(turn, count);
    if (due.length === 0) return;
    await this.beliefs.inTurn(turn.account, null, () => this.decideDue(turn, due, count, signal));
  }

  private async decideDue(
    turn: Turn,
    due: readonly AskedScope[],
    count: Count,
    signal: AbortSignal,
  ) {
    const spent = new SpentThisMonth(turn);
    const beliefs = await this.beliefs.forDecision(turn.account, turn.now, {
      wants: ({ status }) => status !== 'archived',
      eachArm: (arm) => spent.add(arm),
    });
    const { arms, all, prior } = beliefs;
    const { knowledge } = prior;
    // Scopes may share ads; each is looked up once a run.
    const insights = await this.insights.of(turn.account, arms, { all, knowledge });
    const totals = new Map(dayTotals(turn, spent));
    for (const one of due) {
      signal.throwIfAborted();
      const total = totals.get(one.scope) ?? 0;
      count(await this.decideAndRecord(turn, one, total, { beliefs, insights }));
    }
  }

  private async due({ account, plan, local }: Turn, count: Count) {
    const { accountId } = account;
    const asked = plan.scopes.map((scope) =>
      askedOn(scope, scope.apply_window ?? DEFAULT_APPLY_WINDOW, local),
    );
    const decided = await this.decisions.decided(
      accountId,
      asked.map(({ scope, localDay }) => ({ scopeId: scope.scope_id, localDay })),
    );
    const waiting = await this.queue.scopesAwaitingApproval(accountId);
    return asked.filter((one) => {
      const why = whyNot(one, decided, waiting);
      if (why !== null) count(why);
      return why === null;
    });
  }

  private async decideAndRecord(
    turn: Turn,
    { scope, localDay }: AskedScope,
    totalMinor: number,
    known: Known,
  ): Promise<string> {
    const { accountId } = turn.account;
    const decision = await this.decide(turn, scope, totalMinor, known);
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

  private async decide(
    { account, plan, now }: Turn,
    scope: AskedScope['scope'],
    totalMinor: number,
    { beliefs, insights }: Known,
  ): Promise<ScopeDecision | ScopeRefusal> {
    const policy = scope.policy === undefined ? POLICIES[0] : policyNamed(scope.policy);
    if (!policy) {
      return {
        code: 'sampling.unknown_policy',
        detail: `There is no policy "${scope.policy}".`,
      };
    }
    const maxStepPct = Math.min(
      plan.max_change_pct_24h ?? MAX_CHANGE_PCT_24H,
      this.config.budgetVelocityPct,
    );
    const ads = beliefs.arms.map((arm) => allocationAd(arm, now, insights.get(arm.ad.adId)));
    const valueKnown = beliefs.prior.account.value.source !== 'unit';
    const request = {
      scope,
      inputs: decisionInputs(account, {
        ...{ asOf: now, seed: freshSeed(), totalMinor, maxStepPct, valueKnown },
        ads: scopeAds(ads, scope),
      }),
      target: targetMinor(scope, account.currency),
      confidenceFloor: plan.confidence_floor ?? 0,
      valueKnown,
    };
    return new Breather().through(decidingScope(request, policy));
  }
}
