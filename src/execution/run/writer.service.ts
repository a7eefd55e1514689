// The steps that touch the world, once the intent is durable: send, look again, settle. One change
// or fifty: one road. Called by `group-runner` after the reservation; sends by `ad-objects`, ends
// by `settlement`.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Log, PlatformError } from '../../shared/index.js';
import { AdObjects, type Write } from '../objects/ad-objects.service.js';
import type { AdChange } from '../objects/change.entity.js';
import type { Cooldown } from '../objects/cooldown.queries.js';
import { requestedValue, valueOf, type ObjectImage } from '../objects/object-image.js';
import { settleChanges, type Settled, type Settling } from '../queue/claims.queries.js';
import type { AccountContext, Candidate, Outcome } from './account-context.js';
import { Failures } from './failures.service.js';
import { SEND_WITHIN_MILLIS } from './reservations.service.js';
import { afterReadBack, type AfterFailure } from './settlement.js';

interface Answer {
  seen: ObjectImage | null;
  failure: PlatformError | null;
  fbtraceId: string | null;
}

/** What follows for the change, and, after a failure, for its account. */
interface Settlement {
  settled: Settled;
  failed: { next: AfterFailure; detail: string } | null;
}

@Injectable()
export class Writer {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly objects: AdObjects,
    private readonly failures: Failures,
    private readonly log: Log,
  ) {}

  /** Writes marked changes in one call; one of them alone goes as a plain write. */
  async write(
    marked: readonly Candidate[],
    context: AccountContext,
    { markedAt, send }: { markedAt: number; send: Write },
  ): Promise<{ outcomes: Outcome[]; cooldown: Cooldown | null }> {
    let { cooldown } = context;
    if (marked.length === 0) return { outcomes: [], cooldown };
    // The mark has counted this attempt.
    const sent = marked.map((one) => ({
      ...one,
      change: { ...one.change, attempts: one.change.attempts + 1 },
    }));
    const sentAt = performance.now();
    const answers =
      sentAt - markedAt > SEND_WITHIN_MILLIS
        ? sent.map(() => unanswered('the process slept between its mark and the write'))
        : await this.send(sent, context, send);
    const durationMs = Math.round(performance.now() - sentAt);
    const settlements = sent.map((candidate, index) =>
      this.settlementOf(candidate, answers[index] ?? unanswered('no answer'), durationMs),
    );
    const outcomes = await this.settle(settlements.map(({ settled }) => settled));
    for (const { failed } of settlements) {
      if (cooldown) break;
      if (failed) cooldown = await this.failures.coolDown(context, failed.next, failed.detail);
    }
    return { outcomes, cooldown };
  }

  private async send(
    sent: readonly Candidate[],
    { account }: AccountContext,
    write: Write,
  ): Promise<Answer[]> {
    const changes = sent.map(({ change }) => change);
    const receipts = await write(changes, { validateOnly: false }).catch((error: unknown) =>
      changes.map(() => this.asFailure(error)),
    );
    const isTaken = (index: number) => !(receipts[index] instanceof PlatformError);
    const taken = changes.filter((_, index) => isTaken(index));
    const seen = await this.objects
      .lookAllAndAdopt(
        account,
        taken.map(({ adId }) => adId),
      )
      .catch((error: unknown) => taken.map(() => this.asFailure(error)));
    const images = new Map(taken.map(({ id }, index) => [id, seen[index]]));
    return changes.map(({ id }, index): Answer => {
      const receipt = receipts[index];
      if (receipt === undefined) return unanswered('no answer');
      if (receipt instanceof PlatformError) {
        return { seen: null, failure: receipt, fbtraceId: receipt.traceId };
      }
      const { traceId: fbtraceId } = receipt;
      const image = images.get(id);
      if (image && !(image instanceof PlatformError)) {
        return { seen: image, failure: null, fbtraceId };
      }
      const cause = image?.message ?? 'no answer';
      const words = `the write was accepted but could not be read back: ${cause}`;
      return { seen: null, failure: new PlatformError('ambiguous', words), fbtraceId };
    });
  }

  private settlementOf(
    { change, before, warnings }: Candidate,
    { seen, failure, fbtraceId }: Answer,
    durationMs: number,
  ): Settlement {
    const common = { from: 'executing', fbtraceId, durationMs, warnings } as const;
    if (seen !== null) {
      const [was, is] = [before.image, seen].map((image) => valueOf(image, change.changeType));
      const next = afterReadBack(requestedValue(change), was ?? null, is ?? null);
      const settling = { ...common, ...next, error: next.detail, after: seen };
      return { settled: { change, settling }, failed: null };
    }
    const cause = failure ?? new PlatformError('ambiguous', 'no answer');
    const detail = cause.message;
    const next = this.failures.consequence(change, cause, true);
    const isRetry = next.to === 'pending' && cause.kind === 'transient';
    const settling: Settling = { ...common, ...next, isRetry, detail, error: detail };
    return { settled: { change, settling }, failed: { next, detail } };
  }

  private async settle(settled: readonly Settled[]): Promise<Outcome[]> {
    const moved = await settleChanges(this.database.manager, settled);
    return settled.map(({ change, settling }) => {
      if (moved.has(change.id)) return settling.to;
      // The write happened but another holds the row by now: it will be read back, never repeated.
      this.warnOfLost(change);
      return 'lost';
    });
  }

  private warnOfLost({ accountId, id }: AdChange): void {
    this.log.root.warn({ account_id: accountId, change_id: id }, 'claim lost');
  }

  /** Whatever else went wrong around a write: it may have gone out, so it counts as unanswered. */
  private asFailure(error: unknown): PlatformError {
    if (error instanceof PlatformError) return error;
    this.log.root.error({ err: error }, 'unforeseen failure of a write');
    return new PlatformError('ambiguous', error instanceof Error ? error.message : String(error));
  }
}

function unanswered(words: string): Answer {
  return { seen: null, failure: new PlatformError('ambiguous', words), fbtraceId: null };
}
