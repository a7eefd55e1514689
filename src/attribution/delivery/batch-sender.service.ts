// One claimed batch to Meta: sent, settled, and where Meta refuses its content, searched for the
// events that are to blame. Between `delivery` and the platform's `capi-client`.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CapiClient, GraphError } from '../../platforms/index.js';
import {
  Config,
  Lifecycle,
  Log,
  PlatformError,
  Random,
  withoutPersonalData,
} from '../../shared/index.js';
import { afterSend, type AfterSend } from './after-send.js';
import { Isolation, type Culprit, type SetAnswer } from './isolate.js';
import { releaseClaim, renewClaim, type Claim, type ClaimedEvent } from './outbox.queries.js';
import { digestOfCredentials, type SendTarget } from './pixels.service.js';
import {
  markDead,
  markDelivered,
  markRetrying,
  pausePixel,
  pixelFailures,
  pixelWorks,
  type SendError,
} from './settle.queries.js';

/** `lapsed`: the lease is over, and the events may be another process's by now. */
type Failure = Exclude<AfterSend, { to: 'isolate' }> | { to: 'lapsed' };

/** Three poisoned events among 1,000 are found within this; the rest is for the next claim. */
const CALLS_MAX = 40;
/** So many events refused one by one and none taken: then it is not about the events. */
const CULPRITS_MAX = 3;
/** Below this size every event may well be a bad one. */
const CULPRITS_SIZE_MIN = 10;
const ALL_REFUSED: Failure = {
  to: 'pause',
  waitMillis: 5 * 60_000,
  reason: 'Meta refuses every event: the fault is not in one of them',
  isFixable: true,
};

/** `goes_on` = the pixel takes events; `stops` = it must be left alone for now. */
export type BatchEnd = 'goes_on' | 'stops';

export interface SendCounts {
  calls: number;
  delivered: number;
  dead: number;
  retrying: number;
  handed_back: number;
}

type Sent = SetAnswer | { failure: Failure };

interface Batch {
  claim: Claim;
  target: SendTarget;
  counts: SendCounts;
  signal: AbortSignal | undefined;
  /** The last refusal. */
  error: SendError;
}

@Injectable()
export class BatchSender {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly capi: CapiClient,
    private readonly config: Config,
    private readonly lifecycle: Lifecycle,
    private readonly random: Random,
    private readonly log: Log,
  ) {}

  async send(
    claim: Claim,
    target: SendTarget,
    counts: SendCounts,
    signal?: AbortSignal,
  ): Promise<BatchEnd> {
    const error = { message: 'refused', code: null, fbtraceId: null };
    const batch: Batch = { claim, target, counts, signal, error };
    try {
      for (const events of sameTestCode(claim.events)) {
        const sent = await this.call(batch, events);
        if ('failure' in sent) return await this.abandon(batch, sent.failure);
        if (sent.accepted) continue;
        const end = await this.isolate(batch, events, sent.refusal);
        if (end === 'stops') return 'stops';
      }
      return 'goes_on';
    } finally {
      await releaseClaim(this.database.manager, claim);
    }
  }

  /** Meta refused these together: finds those that are to blame and delivers the others. */
  private async isolate(batch: Batch, events: ClaimedEvent[], refusal: string): Promise<BatchEnd> {
    const isolation = new Isolation(events, refusal);
    const culprits: Culprit<ClaimedEvent>[] = [];
    let taken = 0;
    for (let calls = 1; ; calls += 1) {
      const set = isolation.next((culprit) => culprits.push(culprit));
      const isLarge = events.length >= CULPRITS_SIZE_MIN;
      if (isLarge && taken === 0 && culprits.length >= CULPRITS_MAX) {
        return this.abandon(batch, ALL_REFUSED);
      }
      const isOver = set === null || calls >= CALLS_MAX || this.mustStop(batch.signal);
      if (taken > 0 || isOver) await this.markDead(batch, culprits.splice(0));
      if (isOver) return 'goes_on';
      const sent = await this.call(batch, set);
      if ('failure' in sent) {
        await this.markDead(batch, culprits.splice(0));
        return this.abandon(batch, sent.failure);
      }
      if (sent.accepted) taken += set.length;
      isolation.answer(sent);
    }
  }

  /**
   * One request. What was taken is settled at once, so that a crash repeats as little as possible.
   */
  private async call(batch: Batch, events: ClaimedEvent[]): Promise<Sent> {
    const { claim, target, counts } = batch;
    const { manager } = this.database;
    if (!(await renewClaim(manager, claim))) return { failure: { to: 'lapsed' } };
    counts.calls += 1;
    const testCode = events[0]?.testEventCode ?? this.config.metaTestEventCode;
    const payloads = events.map(({ payload }) => payload);
    try {
      const receipt = await this.capi.send(target.credentials, target.pixelId, payloads, testCode);
      const ids = events.map(({ id }) => id);
      const settled = await markDelivered(manager, claim, ids, receipt.traceId);
      // Read after the wait: other batches count in the same place.
      counts.delivered += settled;
      await pixelWorks(manager, claim);
    } catch (failure) {
      if (!(failure instanceof PlatformError)) throw failure;
      return this.judge(batch, failure);
    }
    if (testCode !== null) {
      this.log.root.warn(
        { account_id: claim.accountId, events: events.length },
        'test_event_code is set: Meta counts these events like any others',
      );
    }
    return { accepted: true };
  }

  private async judge(batch: Batch, failure: PlatformError): Promise<Sent> {
    const verdict = failure instanceof GraphError ? failure.verdict : null;
    batch.error = {
      // Meta's words, but for a person whom they might quote.
      message: withoutPersonalData(
        (failure instanceof GraphError && failure.userMessage) || failure.message,
      ),
      code: verdict === null ? null : `${verdict.code ?? ''}/${verdict.subcode ?? ''}`,
      fbtraceId: failure.traceId,
    };
    const after = afterSend(
      {
        kind: failure.kind,
        subcode: verdict?.subcode ?? null,
        message: failure.message,
        retryAfterMillis: failure.retryAfterMs,
        pixelFailures: await pixelFailures(this.database.manager, batch.claim),
      },
      { baseMillis: this.config.retryBaseMs, maxMillis: this.config.retryMaxMs },
      this.random.uniform(),
    );
    if (after.to === 'isolate') return { accepted: false, refusal: batch.error.message };
    return { failure: after };
  }

  /** All that the claim still holds waits: as an attempt, or because the pixel is paused. */
  private async abandon(batch: Batch, failure: Failure): Promise<BatchEnd> {
    if (failure.to === 'lapsed') return 'stops';
    const { claim, counts, error } = batch;
    const { manager } = this.database;
    const isAttempt = failure.to === 'retry';
    const isFixable = failure.to === 'pause' && failure.isFixable;
    await pausePixel(manager, claim, {
      waitMillis: failure.waitMillis,
      reason: failure.reason,
      credentials: isFixable ? digestOfCredentials(batch.target.credentials) : null,
    });
    const wait = isAttempt ? failure.waitMillis : 0;
    const held = await markRetrying(manager, claim, wait, error, {
      isAttempt,
      isDoubtful: isAttempt,
    });
    counts[isAttempt ? 'retrying' : 'handed_back'] += held;
    this.log.root[isAttempt ? 'info' : 'warn'](
      { account_id: claim.accountId, reason: failure.reason, code: error.code, events: held },
      'conversions not delivered',
    );
    return 'stops';
  }

  private async markDead(batch: Batch, culprits: Culprit<ClaimedEvent>[]): Promise<void> {
    for (const { event, refusal } of culprits) {
      const error = { ...batch.error, message: refusal };
      await markDead(this.database.manager, batch.claim, event.id, error);
      batch.counts.dead += 1;
    }
  }

  private mustStop(signal?: AbortSignal): boolean {
    return this.lifecycle.isDraining() || signal?.aborted === true;
  }
}

/** The code is of the request, not of the event: one request each. */
function sameTestCode(events: ClaimedEvent[]): ClaimedEvent[][] {
  const groups = new Map<string | null, ClaimedEvent[]>();
  for (const event of events) {
    const group = groups.get(event.testEventCode);
    if (group) group.push(event);
    else groups.set(event.testEventCode, [event]);
  }
  return [...groups.values()];
}
