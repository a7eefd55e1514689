// Gathers what the plan is made of. Objects are not read here: a plan of a thousand changes would
// cost a thousand calls, and each object is read anyway right before it is written.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountScope, AdsService, type Account, type Ad } from '../../accounts/index.js';
import { Clock, Config, MILLIS_PER_HOUR, toMajor } from '../../shared/index.js';
import { AccountContexts, dayOf } from './account-contexts.service.js';
import { AdChange } from '../objects/change.entity.js';
import { WORST_CASE_FACTOR, dayBudgets, sum, worstOf } from '../guards/daily-ceiling.js';
import { longestWindowHours, modeOf } from '../guards/execution-mode.js';
import { budgetSightings } from '../guards/guard.queries.js';
import { KillSwitch } from '../guards/kill-switch.service.js';
import { pausedBy } from '../guards/pauses.js';
import { AccountLimitsReader } from '../guards/account-limits.service.js';
import { makePlan, plannedCalls, type Plan, type PlanFacts } from './plan.js';
import { dayMoves, recentActions } from '../guards/reserve.queries.js';
import { cooldownOf } from '../objects/cooldown.queries.js';

/** A plan is for reading; a longer one is told by its counts. */
const CHANGES_MAX = 1000;

@Injectable()
export class PlanService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly scope: AccountScope,
    private readonly ads: AdsService,
    private readonly preparation: AccountContexts,
    private readonly guardLimits: AccountLimitsReader,
    private readonly killSwitch: KillSwitch,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async planOf(account: Account) {
    const { accountId, currency } = account;
    const now = await this.scope.now(account);
    const { due, waiting, approvals } = await this.queued(accountId);
    const ads = await this.ads.all(accountId);
    const limits = await this.guardLimits.of(account);
    const day = await this.dayOf(account, ads, now);
    const plan = await this.judged(account, due, ads, { ...day, limits, now: now.getTime() });
    const sleep = await cooldownOf(
      this.database.manager,
      await this.preparation.cooldownKeys(account),
    );
    const calls = plannedCalls(plan, ...this.preparation.places(account, due, ads));
    const [paused, major] = [
      pausedBy(await this.killSwitch.ofAccount(accountId)),
      currencyOf(currency),
    ];
    return {
      account_id: accountId,
      mode: modeOf(account, this.config.executionMode),
      paused: paused !== null,
      paused_by: paused,
      as_of: now.toISOString(),
      sleeping: sleep && {
        ...{ scope: sleep.scope, code: sleep.blockedBy, detail: sleep.detail },
        until: this.later(sleep.waitMillis),
      },
      batches: calls.map(({ mode, changes }) => ({
        mode,
        changes: changes.map(({ id, adId, from, to }) => ({
          ...{ id, ad_id: adId, from: major(from), to: major(to) },
        })),
      })),
      blocked: [
        ...plan.held.map((held) => ({
          ...{ id: held.id, ad_id: held.adId, verdict: held.verdict },
          ...{ blocked_by: held.code, reason: held.detail },
          not_before: this.later(held.waitMillis),
        })),
        ...waiting.map((change) => ({ ...shown(change, 'deferred') })),
        ...approvals.map((change) => ({ ...shown(change, 'approval') })),
      ],
      worst_case_daily_exposure: {
        amount: major(worstOf(sum(plan.budgets, 'highMinor'))),
        today: major(worstOf(sum(day.budgets, 'highMinor'))),
        factor: WORST_CASE_FACTOR,
        // What the budgets of a day may add up to; the worst case of a full day is the factor more.
        daily_spend_ceiling: major(limits.dailyCeilingMinor),
        ceiling_worst_case: major(
          limits.dailyCeilingMinor === null ? null : worstOf(limits.dailyCeilingMinor),
        ),
      },
    };
  }

  /** What the account may spend today, as things stand. */
  private async dayOf(
    account: Account,
    ads: Ad[],
    now: Date,
  ): Promise<Pick<PlanFacts, 'budgets' | 'millisToDayEnd'>> {
    const { start, millisToEnd: millisToDayEnd } = dayOf(account, now);
    const campaigns = ads.map(({ campaignId }) => campaignId);
    const { manager } = this.database;
    const { moves } = await dayMoves(manager, account.accountId, campaigns, start);
    const running = ads.filter(({ status }) => status === 'active');
    return { budgets: dayBudgets(running, moves), millisToDayEnd };
  }

  private async judged(
    account: Account,
    due: AdChange[],
    ads: Ad[],
    day: Pick<PlanFacts, 'budgets' | 'millisToDayEnd' | 'limits' | 'now'>,
  ): Promise<Plan> {
    const { manager } = this.database;
    const { accountId } = account;
    const since = new Date(day.now - longestWindowHours(day.limits) * MILLIS_PER_HOUR);
    const adIds = [...new Set(due.map((change) => change.adId))];
    const campaigns = due.map((change) => change.campaignId);
    const actions = new Map<string, number[]>();
    const recent = await recentActions(manager, accountId, campaigns, new Date(day.now));
    for (const { campaignId, at } of recent) {
      actions.set(campaignId, [...(actions.get(campaignId) ?? []), at]);
    }
    return makePlan({
      ...day,
      currency: account.currency,
      changes: due.map((change) => ({ ...change, change })),
      ads: new Map(ads.map((ad) => [ad.adId, ad])),
      sightings: await budgetSightings(manager, accountId, adIds, since),
      actions,
      actionsPerHour: this.config.maxActionsPerCampaignPerHour,
      hasPeople: !account.simulated,
    });
  }

  private async queued(accountId: string) {
    const find = (status: 'pending' | 'awaiting_approval') =>
      this.database.manager.find(AdChange, {
        where: { accountId, status },
        order: { createdAt: 'asc', id: 'asc' },
        take: CHANGES_MAX,
      });
    const pending = await find('pending');
    const now = this.clock.now();
    const isDue = (change: AdChange) => change.notBefore === null || change.notBefore <= now;
    return {
      due: pending.filter(isDue),
      waiting: pending.filter((change) => !isDue(change)),
      approvals: await find('awaiting_approval'),
    };
  }

  private later(waitMillis: number | null): string | null {
    return waitMillis === null
      ? null
      : new Date(this.clock.now().getTime() + waitMillis).toISOString();
  }
}

function currencyOf(currency: string) {
  return <T extends number | string | null>(value: T) =>
    typeof value === 'number' ? toMajor(value, currency) : value;
}

function shown(change: AdChange, verdict: 'deferred' | 'approval') {
  return {
    ...{ id: change.id, ad_id: change.adId, verdict },
    blocked_by: change.blockedBy,
    reason: change.detail ?? 'asked for a later time',
    not_before: change.notBefore?.toISOString() ?? null,
  };
}
