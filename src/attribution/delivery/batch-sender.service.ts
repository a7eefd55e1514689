// One claimed batch to Meta: sent, settled, and where Meta refuses its content, searched for the
// events that are to blame.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CapiClient, GraphError, type MetaCredentials } from '../../platforms/index.js';
import { Config, Lifecycle, Log, PlatformError, withoutPersonalData } from '../../shared/index.js';
import { afterSend, type AfterSend } from './after-send.js';
import { Isolation, type SetAnswer } from './isolate.js';
import { releaseClaim, renewClaim, type Claim, type ClaimedEvent } from './outbox.queries.js';
import { digestOfCredentials } from './pixels.service.js';
import {
  markDead,
  markDelivered,
  markRetrying,
  pausePixel,
  pixelFailures,
  pixelWorks,
  type SendError,
} from './settle.queries.js';

/** Three poisoned events among 1,000 are found within this; the rest is for the next claim. */
const CALLS_MAX = 40;
/** So many events refused one by one and none taken: then it is not about the events. */
const HOPELESS_AFTER = 3;
/** Below this size every event may well be a bad one. */
const HOPELESS_SIZE_MIN = 10;
const HOPELESS_WAIT_MILLIS = 5 * 60_000;

/** `goes_on` = the pixel takes events; `stops` = it must be left alone for now. */
export type BatchEnd = 'goes_on' | 'stops';

export interface SendCounts {
  calls: number;
  delivered: number;
  dead: number;
  retrying: number;
  handed_back: number;
}

type Sent = SetAnswer | { failure: AfterSend; error: SendError };

@Injectable()
export class BatchSender {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly capi: CapiClient,
    private readonly config: Config,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
  ) {}

  async send(
    claim: Claim,
    target: { pixelId: string; credentials: MetaCredentials },
    counts: SendCounts,
    signal?: AbortSignal,
  ): Promise<BatchEnd> {
    const batch = new Batch(claim, target);
    try {
      for (const events of sameTestCode(claim.events)) {
        const end = await this.sendSet(batch, events, counts, signal);
        if (end === 'stops') return 'stops';
      }
      return 'goes_on';
    } finally {
      await releaseClaim(this.database.manager, claim);
    }
  }

  private async sendSet(
    batch: Batch,
    events: ClaimedEvent[],
    counts: SendCounts,
    signal?: AbortSignal,
  ): Promise<BatchEnd> {
    let sent = await this.call(batch, events, counts);
    if ('failure' in sent) return this.giveUp(batch, sent, counts);
    if (sent.accepted) return 'goes_on';
    const size = events.length;
    const isolation = new Isolation(events, sent.refusal);
    const dead: { event: ClaimedEvent; refusal: string }[] = [];
    let taken = 0;
    for (let calls = 1; ; calls += 1) {
      const set = isolation.next((culprit) => dead.push(culprit));
      const isHopeless = taken === 0 && dead.length >= HOPELESS_AFTER && size >= HOPELESS_SIZE_MIN;
      if (isHopeless) return this.hopeless(batch, batch.error, counts);
      if (taken > 0 || set === null) await this.bury(batch, dead.splice(0), counts);
      if (set === null) return 'goes_on';
      if (calls >= CALLS_MAX || this.mustStop(signal)) {
        await this.bury(batch, dead.splice(0), counts);
        return 'goes_on';
      }
      sent = await this.call(batch, set, counts);
      if ('failure' in sent) {
        await this.bury(batch, dead.splice(0), counts);
        return this.giveUp(batch, sent, counts);
      }
      if (sent.accepted) taken += set.length;
      isolation.answer(sent);
    }
  }

  /**
   * One request. What was taken is settled at once, so that a crash repeats as little as possible.
   */
  private async call(batch: Batch, events: ClaimedEvent[], counts: SendCounts): Promise<Sent> {
    const { manager } = this.database;
    if (!(await renewClaim(manager, batch.claim))) {
      const error = { message: 'the lease lapsed', code: null, fbtraceId: null };
      return { failure: { to: 'pause', waitMillis: 0, reason: 'lease', isMended: false }, error };
    }
    counts.calls += 1;
    const testCode = events[0]?.testEventCode ?? this.config.metaTestEventCode;
    try {
      const receipt = await this.capi.send(
        batch.target.credentials,
        batch.target.pixelId,
        events.map(({ payload }) => payload),
        testCode,
      );
      const ids = events.map(({ id }) => id);
      const settled = await markDelivered(manager, batch.claim, ids, receipt.traceId);
      await pixelWorks(manager, batch.claim);
      counts.delivered += settled;
      if (testCode !== null) {
        this.log.root.warn(
          { account_id: batch.claim.accountId, events: ids.length },
          'test_event_code is set: Meta counts these events like any others',
        );
      }
      return { accepted: true };
    } catch (failure) {
      if (!(failure instanceof PlatformError)) throw failure;
      return this.judge(batch, failure);
    }
  }

  private async judge(batch: Batch, failure: PlatformError): Promise<Sent> {
    const verdict = failure instanceof GraphError ? failure.verdict : null;
    const error: SendError = {
      // Meta's words, but for a person whom they might quote.
      message: withoutPersonalData(
        (failure instanceof GraphError && failure.userMessage) || failure.message,
      ),
      code: verdict === null ? null : `${verdict.code ?? ''}/${verdict.subcode ?? ''}`,
      fbtraceId: failure.traceId,
    };
    batch.error = error;
    const after = afterSend(
      {
        kind: failure.kind,
        subcode: verdict?.subcode ?? null,
        message: failure.message,
        retryAfterMillis: failure.retryAfterMs,
        pixelFailures: await pixelFailures(this.database.manager, batch.claim),
      },
      { baseMillis: this.config.retryBaseMs, maxMillis: this.config.retryMaxMs },
      Math.random(),
    );
    return after.to === 'isolate'
      ? { accepted: false, refusal: error.message }
      : { failure: after, error };
  }

  /** All that the claim still holds waits: as an attempt, or because the pixel is asleep. */
  private async giveUp(
    batch: Batch,
    { failure, error }: { failure: AfterSend; error: SendError },
    counts: SendCounts,
  ): Promise<BatchEnd> {
    if (failure.to === 'isolate' || failure.reason === 'lease') return 'stops';
    const { manager } = this.database;
    const isAttempt = failure.to === 'retry';
    const isMended = failure.to === 'pause' && failure.isMended;
    await pausePixel(manager, batch.claim, {
      waitMillis: failure.waitMillis,
      reason: failure.reason,
      credentials: isMended ? digestOfCredentials(batch.target.credentials) : null,
    });
    const wait = isAttempt ? failure.waitMillis : 0;
    const held = await markRetrying(manager, batch.claim, wait, error, {
      isAttempt,
      isDoubtful: isAttempt,
    });
    counts[isAttempt ? 'retrying' : 'handed_back'] += held;
    this.log.root[isAttempt ? 'info' : 'warn'](
      { account_id: batch.claim.accountId, reason: failure.reason, code: error.code, events: held },
      'conversions not delivered',
    );
    return 'stops';
  }

  private hopeless(batch: Batch, error: SendError, counts: SendCounts): Promise<BatchEnd> {
    const reason = 'Meta refuses every event: the fault is not in one of them';
    const waitMillis = HOPELESS_WAIT_MILLIS;
    const failure: AfterSend = { to: 'pause', waitMillis, reason, isMended: true };
    return this.giveUp(batch, { failure, error }, counts);
  }

  private async bury(
    batch: Batch,
    dead: { event: ClaimedEvent; refusal: string }[],
    counts: SendCounts,
  ): Promise<void> {
    for (const { event, refusal } of dead) {
      const error = { ...batch.error, message: refusal };
      await markDead(this.database.manager, batch.claim, event.id, error);
      counts.dead += 1;
    }
  }

  private mustStop(signal?: AbortSignal): boolean {
    return this.lifecycle.isDraining() || signal?.aborted === true;
  }
}

class Batch {
  /** The last refusal. */
  error: SendError = { message: 'refused', code: null, fbtraceId: null };

  constructor(
    readonly claim: Claim,
    readonly target: { pixelId: string; credentials: MetaCredentials },
  ) {}
}

/** The code is of the request, not of the event: one request each. */
function sameTestCode(events: ClaimedEvent[]): ClaimedEvent[][] {
  const groups = new Map<string | null, ClaimedEvent[]>();
  for (const event of events) {
    groups.set(event.testEventCode, [...(groups.get(event.testEventCode) ?? []), event]);
  }
  return [...groups.values()];
}
