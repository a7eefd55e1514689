// The part of changes that touches the world: reserve and make the intent durable, write, look
// again, settle. One change or fifty: one road.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Log, PlatformError } from '../../shared/index.js';
import type { AccountPass, Candidate, Ending } from './account-pass.js';
import { AdObjects, type Write } from '../objects/ad-objects.service.js';
import { settleChanges, type Settled, type Settling } from '../queue/claims.queries.js';
import { Failures } from './failures.service.js';
import { requestedValue, valueOf, type ObjectImage } from '../objects/object-image.js';
import { Reservations, SEND_WITHIN_MILLIS } from './reservations.service.js';
import type { HeldBack } from '../guards/reserve-group.js';
import { afterReadBack } from './settlement.js';

export interface Outcome {
  candidate: Candidate;
  /** `lost` here means: not written; the claim lapsed or the kill switch was thrown. */
  ending: Ending | HeldBack;
}

interface Answer {
  seen: ObjectImage | null;
  failure: PlatformError | null;
  fbtraceId: string | null;
}

@Injectable()
export class ChangeWriter {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly reservations: Reservations,
    private readonly objects: AdObjects,
    private readonly failures: Failures,
    private readonly log: Log,
  ) {}

  /** Writes a group in one call; one of them alone goes as a plain write. */
  async carryOut(candidates: readonly Candidate[], pass: AccountPass): Promise<Outcome[]> {
    const batchId = candidates.length > 1 ? randomUUID() : null;
    const write = await this.objects.writer(pass.account);
    const { marked, held, markedAt } = await this.reservations.reserve(candidates, pass, batchId);
    const sent = candidates
      .filter(({ change }) => marked.has(change.id))
      .map((one) => ({ ...one, change: { ...one.change, attempts: one.change.attempts + 1 } }));
    const endings = await this.send(sent, pass, markedAt, write);
    return candidates.map((candidate) => {
      const { id } = candidate.change;
      return { candidate, ending: endings.get(id) ?? held.get(id) ?? 'lost' };
    });
  }

  private async send(
    sent: readonly Candidate[],
    pass: AccountPass,
    markedAt: number,
    write: Write,
  ): Promise<Map<string, Ending>> {
    if (sent.length === 0) return new Map();
    const sentAt = performance.now();
    const answers =
      sentAt - markedAt > SEND_WITHIN_MILLIS
        ? sent.map(() => unanswered('the process slept between its mark and the write'))
        : await this.write(sent, pass, write);
    const durationMs = Math.round(performance.now() - sentAt);
    const settled = sent.map((candidate, index) => ({
      change: candidate.change,
      settling: this.settlingOf(candidate, answers[index] ?? unanswered('no answer'), durationMs),
    }));
    const endings = await this.settle(settled);
    for (const [index, { change }] of sent.entries()) {
      const failure = answers[index]?.failure;
      if (!failure) continue;
      const next = this.failures.consequence(change, failure, true);
      await this.failures.sleep(pass, next, failure.message);
      if (pass.asleep) break;
    }
    return endings;
  }

  private async write(
    sent: readonly Candidate[],
    { account }: AccountPass,
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

  private settlingOf(
    { change, before, warnings }: Candidate,
    { seen, failure, fbtraceId }: Answer,
    durationMs: number,
  ): Settling {
    const told = { from: 'executing', fbtraceId, durationMs, warnings } as const;
    if (seen !== null) {
      const [was, is] = [before.image, seen].map((image) => valueOf(image, change.changeType));
      const next = afterReadBack(requestedValue(change), was ?? null, is ?? null);
      return { ...told, ...next, error: next.detail, after: seen };
    }
    const error = failure?.message ?? 'no answer';
    const cause = failure ?? new PlatformError('ambiguous', error);
    const next = this.failures.consequence(change, cause, true);
    const isRetry = next.to === 'pending' && cause.kind === 'transient';
    return { ...told, ...next, isRetry, detail: error, error };
  }

  private async settle(settled: readonly Settled[]): Promise<Map<string, Ending>> {
    const moved = await settleChanges(this.database.manager, settled);
    return new Map(
      settled.map(({ change, settling }): [string, Ending] => {
        if (moved.has(change.id)) return [change.id, settling.to];
        // The write happened but another holds the row by now: it will be read back, never
        // repeated.
        this.log.root.warn({ account_id: change.accountId, change_id: change.id }, 'claim lost');
        return [change.id, 'lost'];
      }),
    );
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
