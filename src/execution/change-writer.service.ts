// The part of a change that touches the world: count it and make the intent durable, write, look
// again, settle; and the look that settles what nobody answered.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Account } from '../accounts/index.js';
import { Config, Log, PlatformError } from '../shared/index.js';
import type { AccountPass, Ending, Look } from './account-pass.js';
import { AdObjects } from './ad-objects.service.js';
import type { AdChange } from './change.entity.js';
import { fundsVerdict, type FundsVerdict } from './decision-funds.js';
import { lockFunds } from './decision-funds.queries.js';
import { keepDoubtful } from './doubt.queries.js';
import { markExecuting, settleChange, type Settling } from './execution.queries.js';
import { Failures } from './failures.service.js';
import { campaignActions, lockCampaign } from './guard.queries.js';
import { campaignRate, type Deferral } from './guard-rules.js';
import { requestedValue, valueOf, type ObjectImage } from './object-image.js';
import { afterDoubt, afterReadBack, type AfterDoubt } from './settlement.js';

const NO_EFFECT = 'the platform answered success but the value is unchanged';
const DOUBT_WORDS: Readonly<Record<string, string>> = {
  completed: 'shows the requested value',
  not_applied: 'still shows the old value, so the write was not taken',
  drift: 'shows a third value, so someone else changed it',
};

interface Answer {
  seen: ObjectImage | null;
  failure: PlatformError | null;
  fbtraceId: string | null;
}

/** Not written: for the time being, or because no waiting can pay for it. */
export type NotNow = Deferral | Extract<FundsVerdict, { kind: 'blocked' }>;

@Injectable()
export class ChangeWriter {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly objects: AdObjects,
    private readonly failures: Failures,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /** `lost` here means: not written; the claim lapsed or the kill switch was thrown. */
  async carryOut(change: AdChange, pass: AccountPass, before: Look): Promise<Ending | NotNow> {
    const reserved = await this.reserve(change, pass, before);
    if (reserved !== 'marked') return reserved;
    const sent: AdChange = { ...change, attempts: change.attempts + 1 };
    const startedAt = performance.now();
    const answer = await this.write(sent, pass);
    const durationMs = Math.round(performance.now() - startedAt);
    return answer.seen === null
      ? this.settleFailure(sent, pass, answer, durationMs)
      : this.settleAnswer(sent, answer.seen, answer.fbtraceId, durationMs);
  }

  /** Looks at the object of a write that nobody answered. Reading is harmless, so always allowed. */
  async settleDoubt(change: AdChange, account: Account, ageMillis: number): Promise<Ending> {
    const seen = await this.lookAgain(change, account);
    if (seen instanceof PlatformError) return this.stillInDoubt(change, seen);
    const { changeType, beforeImage, attempts } = change;
    const next = afterDoubt({
      requested: requestedValue(change),
      before: beforeImage ? valueOf(beforeImage, changeType) : null,
      seen: valueOf(seen, changeType),
      ageMillis,
      attempts,
    });
    if (next.to !== 'unknown') return this.settle(change, doubtSettled(next, seen));
    await keepDoubtful(this.database.manager, change, next.waitMillis);
    return 'unknown';
  }

  /** Counts the campaign's actions and adds this one under one lock, then the write may go out. */
  private async reserve(
    change: AdChange,
    { now }: AccountPass,
    before: Look,
  ): Promise<'marked' | 'lost' | NotNow> {
    const { accountId, campaignId } = change;
    return this.database.transaction(async (manager) => {
      await lockCampaign(manager, accountId, campaignId);
      const actions = await campaignActions(manager, accountId, campaignId, now);
      const limit = this.config.maxActionsPerCampaignPerHour;
      const rate = campaignRate(actions, now.getTime(), limit);
      if (rate.kind === 'deferred') return rate;
      const funds = await this.fundsFor(manager, change, before);
      if (funds.kind !== 'allowed') return funds;
      return (await markExecuting(manager, change, before, now)) ? 'marked' : 'lost';
    });
  }

  /** An increase of a decision is written only when its reductions have paid for it. */
  private async fundsFor(
    manager: EntityManager,
    { accountId, decisionId, requestedMinor, origin }: AdChange,
    { image }: Look,
  ): Promise<FundsVerdict> {
    const increase = (requestedMinor ?? 0) - (image.dailyBudgetMinor ?? 0);
    if (origin !== 'decision' || decisionId === null || increase <= 0) return { kind: 'allowed' };
    const funds = await lockFunds(manager, accountId, decisionId);
    return funds ? fundsVerdict(increase, funds) : { kind: 'allowed' };
  }

  private async write(change: AdChange, { account }: AccountPass): Promise<Answer> {
    let fbtraceId: string | null = null;
    try {
      fbtraceId = (await this.objects.write(account, change)).fbtraceId;
    } catch (error) {
      return { seen: null, failure: this.asFailure(error), fbtraceId };
    }
    try {
      const seen = await this.objects.lookAndAdopt(account, change.adId);
      return { seen, failure: null, fbtraceId };
    } catch (error) {
      const cause = this.asFailure(error).message;
      const words = `the write was accepted but could not be read back: ${cause}`;
      return { seen: null, failure: new PlatformError('ambiguous', words), fbtraceId };
    }
  }

  private settleAnswer(
    change: AdChange,
    seen: ObjectImage,
    fbtraceId: string | null,
    durationMs: number,
  ): Promise<Ending> {
    const next = afterReadBack(requestedValue(change), valueOf(seen, change.changeType));
    const error = next.to === 'failed' ? NO_EFFECT : null;
    const told = { detail: error, error, fbtraceId, durationMs, after: seen };
    return this.settle(change, { from: 'executing', ...next, ...told });
  }

  private async settleFailure(
    change: AdChange,
    pass: AccountPass,
    { failure, fbtraceId }: Answer,
    durationMs: number,
  ): Promise<Ending> {
    if (failure === null) throw new Error('neither an answer nor a failure');
    const next = this.failures.consequence(change, failure, true);
    const ending = await this.settle(change, {
      from: 'executing',
      ...next,
      isRetry: next.to === 'pending' && !next.wholeAccount,
      detail: failure.message,
      error: failure.message,
      fbtraceId: failure.fbtraceId ?? fbtraceId,
      durationMs,
    });
    await this.failures.sleepAccount(pass, next);
    return ending;
  }

  private async lookAgain(
    change: AdChange,
    account: Account,
  ): Promise<ObjectImage | PlatformError> {
    try {
      return await this.objects.lookAndAdopt(account, change.adId);
    } catch (error) {
      if (error instanceof PlatformError) return error;
      throw error;
    }
  }

  private async stillInDoubt(change: AdChange, failure: PlatformError): Promise<Ending> {
    const next = this.failures.consequence(change, failure, false);
    if (next.to === 'failed') {
      const words = `the write was not answered, and the object cannot be read: ${failure.message}`;
      const end = { to: 'failed', outcome: 'unknown', detail: words, error: words } as const;
      return this.settle(change, { from: 'unknown', ...end });
    }
    const waitMillis = 'waitMillis' in next ? next.waitMillis : this.config.retryMaxMs;
    await keepDoubtful(this.database.manager, change, waitMillis);
    return 'unknown';
  }

  private async settle(change: AdChange, settling: Settling): Promise<Ending> {
    if (await settleChange(this.database.manager, change, settling)) return settling.to;
    // The write happened but another holds the row by now: it will be read back, never repeated.
    this.log.root.warn({ account_id: change.accountId, change_id: change.id }, 'claim lost');
    return 'lost';
  }

  /** Whatever else went wrong around a write: it may have gone out, so it counts as unanswered. */
  private asFailure(error: unknown): PlatformError {
    if (error instanceof PlatformError) return error;
    this.log.root.error({ err: error }, 'unforeseen failure of a write');
    return new PlatformError('ambiguous', error instanceof Error ? error.message : String(error));
  }
}

function doubtSettled(next: Exclude<AfterDoubt, { to: 'unknown' }>, seen: ObjectImage): Settling {
  return {
    from: 'unknown',
    ...next,
    blockedBy: next.to === 'blocked' ? 'execution.drift' : null,
    detail: `settled by looking: the object ${DOUBT_WORDS[next.outcome]}`,
    after: next.to === 'completed' ? seen : null,
    isRetry: next.to === 'pending',
  };
}
