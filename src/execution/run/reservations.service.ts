// What is counted over many changes, under one lock, before writes go out: the campaign's hour, the
// ad set's hour, the account's day, the last object that runs, the money of decisions.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AdsService, type Ad } from '../../accounts/index.js';
import { Clock, Config } from '../../shared/index.js';
import type { AccountContext, Candidate } from './account-context.js';
import { dayBudgets, spendsMinor } from '../guards/daily-ceiling.js';
import { reserveGroup, stops, waitsForFunding, type Hold } from '../guards/reserve-group.js';
import {
  dayMoves,
  decisionFunding,
  lockReserve,
  recentActions,
} from '../guards/reserve.queries.js';
import { VISIBLE_AFTER_MILLIS } from './settlement.js';
import { markExecuting } from '../queue/mark-executing.queries.js';
import { cooldownOf } from '../objects/cooldown.queries.js';

/**
 * A process that slept this long between its mark and the write must not send: with the write's own
 * timeout its lease could lapse first, and another would be looking already. By a monotonic clock
 * that goes on while the process is frozen.
 */
export const SEND_WITHIN_MILLIS = 5000;
/**
 * After its mark a write lands within the time to send it and the time that the platform is given
 * to show it. An hour that began at the mark would end too early by as much.
 */
const LANDS_WITHIN_MILLIS = SEND_WITHIN_MILLIS + VISIBLE_AFTER_MILLIS;

type Budgeted = Pick<Ad, 'adId' | 'dailyBudgetMinor'>;

interface Named {
  campaigns: string[];
  decisions: string[];
  /** Whether something is counted over the whole account. */
  wholeAccount: boolean;
}

@Injectable()
export class Reservations {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly ads: AdsService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** What would be held back now, without a lock: good enough to spare the platform a question. */
  async preview(
    candidates: readonly Candidate[],
    context: AccountContext,
  ): Promise<{ go: Candidate[]; held: Map<string, Hold> }> {
    if (candidates.length === 0) return { go: [], held: new Map() };
    const now = this.present(context);
    return this.counted(
      this.database.manager,
      candidates,
      context,
      namesOf(candidates, context),
      now,
    );
  }

  /** Counts for good: what may go is marked, and its attempt stands in the history. */
  async reserve(
    candidates: readonly Candidate[],
    context: AccountContext,
    batchId: string | null,
  ): Promise<{ marked: Set<string>; held: Map<string, Hold>; markedAt: number }> {
    const names = namesOf(candidates, context);
    return this.database.transaction(async (manager) => {
      await lockReserve(manager, context.account.accountId, names);
      const now = this.present(context);
      const { go, held } = await this.counted(manager, candidates, context, names, now);
      const markedAt = performance.now();
      if (go.length === 0) return { marked: new Set<string>(), held, markedAt };
      const marked = await markExecuting(manager, go, { effectiveAt: now, batchId });
      return { marked, held, markedAt };
    });
  }

  /** The looks and the lock took their time: what the rates count is when the write goes out. */
  private present({ account, now }: AccountContext): Date {
    return account.simulated ? now : this.clock.now();
  }

  private async counted(
    manager: EntityManager,
    candidates: readonly Candidate[],
    context: AccountContext,
    { campaigns, decisions, wholeAccount }: Named,
    now: Date,
  ): Promise<{ go: Candidate[]; held: Map<string, Hold> }> {
    const { accountId, simulated } = context.account;
    const landsWithin = simulated ? 0 : LANDS_WITHIN_MILLIS;
    const cooldown = await cooldownOf(manager, context.cooldownKeys);
    return reserveGroup(candidates, {
      actions: await recentActions(manager, accountId, campaigns, now, landsWithin),
      money: await decisionFunding(manager, accountId, decisions),
      adSets: new Set([...context.ads.values()].filter(isAdSet).map(({ adId }) => adId)),
      cooldown,
      now: now.getTime(),
      actionsPerHour: this.config.maxActionsPerCampaignPerHour,
      ...(wholeAccount
        ? await this.ofAccount(manager, candidates, context)
        : { ceiling: null, running: null }),
    });
  }

  private async ofAccount(
    manager: EntityManager,
    candidates: readonly Candidate[],
    { account, day, guardLimits }: AccountContext,
  ) {
    const { accountId } = account;
    const campaigns = await this.ads.campaigns(accountId, manager);
    // First what is under way, then what is registered: a write that ends in between has adopted
    // its outcome before it settled, so it is seen in one of the two.
    const { moves, stopping } = await dayMoves(manager, accountId, campaigns, day.start);
    const running = asLooked(await this.ads.running(accountId, manager), candidates);
    const { dailyCeilingMinor: ceilingMinor } = guardLimits;
    return {
      running: { active: new Set(running.map(({ adId }) => adId)), stopping },
      ceiling:
        ceilingMinor === null
          ? null
          : {
              ceilingMinor,
              budgets: dayBudgets(running, moves),
              millisToDayEnd: day.millisToEnd,
            },
    };
  }
}

function namesOf(candidates: readonly Candidate[], { guardLimits }: AccountContext): Named {
  const hasCeiling = guardLimits.dailyCeilingMinor !== null;
  return {
    campaigns: candidates.map(({ change }) => change.campaignId),
    decisions: candidates.flatMap(({ change }) =>
      waitsForFunding(change) && change.decisionId ? [change.decisionId] : [],
    ),
    wholeAccount: candidates.some(
      ({ change, before }) =>
        stops(change) || (hasCeiling && spendsMinor(change, before.image) !== null),
    ),
  };
}

/** What runs as registered, and where a candidate was just looked at, as it was seen. */
function asLooked(
  registered: readonly Budgeted[],
  candidates: readonly Candidate[],
): readonly Budgeted[] {
  const looked = new Map(candidates.map(({ change, before }) => [change.adId, before.image]));
  const seen = [...looked].flatMap(([adId, { status, dailyBudgetMinor }]) =>
    status === 'active' && dailyBudgetMinor !== null ? [{ adId, dailyBudgetMinor }] : [],
  );
  return [...registered.filter(({ adId }) => !looked.has(adId)), ...seen];
}

function isAdSet({ entityType }: { entityType: string }): boolean {
  return entityType === 'adset';
}
