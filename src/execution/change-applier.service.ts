// One claimed change from the look at its object to its end: look, judge, and either leave it with a
// reason or hand it to the writer. Which of these it is, is decided in guards.ts.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config, PlatformError } from '../shared/index.js';
import type { AccountPass, Ending, Look } from './account-pass.js';
import { AdObjects } from './ad-objects.service.js';
import { ChangeWriter } from './change-writer.service.js';
import type { AdChange } from './change.entity.js';
import { guardLimits, modeOf } from './execution-mode.js';
import { leaveClaim, type Leaving } from './execution.queries.js';
import { Failures } from './failures.service.js';
import type { Deferral } from './guard-rules.js';
import { judge, shadowWords, type Verdict } from './guards.js';
import { registeredImage, type ObjectImage } from './object-image.js';

@Injectable()
export class ChangeApplier {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly objects: AdObjects,
    private readonly writer: ChangeWriter,
    private readonly failures: Failures,
    private readonly config: Config,
  ) {}

  async apply(change: AdChange, pass: AccountPass): Promise<Ending> {
    if (pass.asleep) return this.leave(change, { to: 'pending', ...pass.asleep });
    const before = await this.lookBefore(change, pass);
    if (before instanceof PlatformError) return this.failedLook(change, pass, before);
    const verdict = this.judge(change, pass, before);
    if (verdict.kind === 'blocked') return this.block(change, before, verdict);
    if (!this.writesTo(pass)) {
      const detail = shadowWords(verdict, before.image.source);
      return this.leave(change, { to: 'shadowed', detail, before });
    }
    switch (verdict.kind) {
      case 'already':
        return this.completeUnwritten(change, pass, before);
      case 'approval': {
        const { code: blockedBy, detail } = verdict;
        return this.leave(change, { to: 'awaiting_approval', blockedBy, detail, before });
      }
      case 'deferred':
        return this.defer(change, pass, before, verdict);
      case 'allowed':
        return this.carryOut(change, pass, before);
    }
  }

  /** Gives a claim back untouched: nothing was sent, so nothing is lost. */
  async handBack(change: AdChange, waitMillis = 0, blockedBy?: string): Promise<Ending> {
    const ending = await this.leave(change, { to: 'pending', waitMillis, blockedBy });
    return ending === 'lost' ? 'lost' : 'handed_back';
  }

  private async carryOut(change: AdChange, pass: AccountPass, before: Look): Promise<Ending> {
    const ending = await this.writer.carryOut(change, pass, before);
    if (typeof ending === 'object') {
      return ending.kind === 'blocked'
        ? this.block(change, before, ending)
        : this.defer(change, pass, before, ending);
    }
    // Not marked because of the kill switch: the claim is still ours to give back.
    return ending === 'lost' ? this.handBack(change) : ending;
  }

  private async lookBefore(change: AdChange, pass: AccountPass): Promise<Look | PlatformError> {
    const image = await this.readOrRegistered(change, pass);
    if (image instanceof PlatformError) return image;
    const { beforeImage, beforeAt } = change;
    const isSeenBefore =
      beforeImage?.source === image.source &&
      beforeImage.dailyBudgetMinor === image.dailyBudgetMinor;
    return { image, at: isSeenBefore && beforeAt ? beforeAt : pass.now };
  }

  private async readOrRegistered(
    change: AdChange,
    pass: AccountPass,
  ): Promise<ObjectImage | PlatformError> {
    try {
      return await this.objects.look(pass.account, change.adId);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      const ad = pass.ads.get(change.adId);
      // Nothing will be written in shadow, so what we last knew is good enough to show the way.
      return this.writesTo(pass) || !ad ? error : registeredImage(ad);
    }
  }

  private judge(change: AdChange, pass: AccountPass, before: Look): Verdict {
    const ad = pass.ads.get(change.adId);
    const minor = before.image.dailyBudgetMinor;
    // An earlier sighting by this very change is among the stored ones, at its own time.
    const isNew = minor !== null && before.at === pass.now;
    return judge({
      change,
      live: before.image,
      bounds: {
        minBudgetMinor: ad?.minBudgetMinor ?? null,
        maxBudgetMinor: ad?.maxBudgetMinor ?? null,
      },
      sightings: [
        ...(pass.sightings.get(change.adId) ?? []),
        ...(isNew ? [{ at: pass.now.getTime(), minor }] : []),
      ],
      now: pass.now.getTime(),
      limits: guardLimits(this.config),
    });
  }

  private async block(
    change: AdChange,
    before: Look,
    { code, detail }: Extract<Verdict, { kind: 'blocked' }>,
  ): Promise<Ending> {
    // What was registered may be wrong: the next decision has to start from what is live.
    await this.objects.adopt(change.accountId, change.adId, before.image);
    return this.leave(change, { to: 'blocked', blockedBy: code, detail, before });
  }

  private async completeUnwritten(
    change: AdChange,
    pass: AccountPass,
    before: Look,
  ): Promise<Ending> {
    await this.objects.adopt(change.accountId, change.adId, before.image);
    const after = { image: before.image, at: pass.now };
    const detail = 'it was so already; nothing was written';
    return this.leave(change, { to: 'completed', detail, before, after });
  }

  private defer(
    change: AdChange,
    pass: AccountPass,
    before: Look,
    { waitMillis, code, detail }: Deferral,
  ): Promise<Ending> {
    const notBeforeEffective = pass.account.simulated
      ? new Date(pass.now.getTime() + waitMillis)
      : null;
    const wait = { waitMillis, notBeforeEffective, blockedBy: code, detail };
    return this.leave(change, { to: 'pending', ...wait, before });
  }

  private async failedLook(
    change: AdChange,
    pass: AccountPass,
    failure: PlatformError,
  ): Promise<Ending> {
    const next = this.failures.consequence(change, failure, false);
    const blockedBy = 'blockedBy' in next ? next.blockedBy : null;
    const waitMillis = 'waitMillis' in next ? next.waitMillis : null;
    const detail = failure.message;
    const ending = await this.leave(change, { to: next.to, waitMillis, blockedBy, detail });
    await this.failures.sleepAccount(pass, next);
    return ending;
  }

  private writesTo({ account }: AccountPass): boolean {
    return modeOf(account, this.config.executionMode) !== 'shadow';
  }

  private async leave(change: AdChange, leaving: Leaving): Promise<Ending> {
    return (await leaveClaim(this.database.manager, change, leaving)) ? leaving.to : 'lost';
  }
}
