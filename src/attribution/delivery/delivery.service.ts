// The outbox is emptied pixel by pixel, each by a worker of its own: one that hangs or is paused
// does not slow another. Any number of processes may do so at once. Called by the `capi` job; each
// batch goes to `batch-sender`.
import { randomUUID } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { accountsWithNewCredentials, type AccountsDone } from '../../accounts/index.js';
import { CLOCK_TOLERANCE_MILLIS, Clock, Lifecycle, Log } from '../../shared/index.js';
import { BatchSender, type SendCounts } from './batch-sender.service.js';
import {
  claimEvents,
  duePixels,
  retireEvents,
  sweepClaims,
  type DuePixel,
  type PixelKey,
} from './outbox.queries.js';
import { PixelsService, digestOfCredentials, type SendTarget } from './pixels.service.js';
import { pausePixel, wakePixel } from './settle.queries.js';

/** Meta's bound on one request. */
const BATCH_MAX = 1000;
/** Connections to the database are few; more pixels take turns. */
const WORKERS_MAX = 4;
/** Batches of one pixel under way at a time, once Meta takes them: an answer takes it a second. */
const SLOTS_MAX = 3;

export type DeliveryCounts = SendCounts & {
  expired: number;
  swept: number;
  without_credentials: number;
};

/** What a run or a poll counts in, and who hears of it after every batch. */
interface Turn {
  counts: DeliveryCounts;
  signal?: AbortSignal;
  sent?: (soFar: DeliveryCounts) => void;
}

/** What a pause without any credentials was refused with: no credentials have this digest. */
const NO_DIGEST = Buffer.alloc(32);
/** Other credentials end such a pause at once; a restart with others in the environment, too. */
const WAITING_MILLIS = 60 * 60_000;

@Injectable()
export class DeliveryService implements BeforeApplicationShutdown {
  private readonly workers = new Map<string, Promise<void>>();
  private polling = false;
  /** Where the next poll goes on, so that the first pixels by name are not always the first. */
  private lastStarted = '';
  /** When changed credentials were asked for; null = this process has not yet. */
  private askedAt: Date | null = null;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly sender: BatchSender,
    private readonly pixels: PixelsService,
    private readonly clock: Clock,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
  ) {}

  /** Everything due now, to the end; what goes wrong with one pixel keeps no other waiting. */
  async run(
    signal?: AbortSignal,
    sent?: (soFar: DeliveryCounts) => void,
  ): Promise<{ counts: DeliveryCounts; accounts: AccountsDone }> {
    await Promise.all(this.workers.values());
    const counts = noCounts();
    const accounts: AccountsDone = { succeeded: 0, failed: [] };
    await this.tidy(counts);
    const due = await this.due();
    const queue = due.filter((pixel) => !this.workers.has(nameOf(pixel)));
    const workers = Array.from({ length: WORKERS_MAX }, async () => {
      for (let pixel = queue.shift(); pixel; pixel = queue.shift()) {
        try {
          await this.work(pixel, { counts, signal, sent });
          accounts.succeeded += 1;
        } catch (cause) {
          const error = cause instanceof Error ? cause.message : String(cause);
          accounts.failed.push({ account_id: pixel.accountId, error, cause });
        }
      }
    });
    await Promise.all(workers);
    return { counts, accounts };
  }

  /** The cheap question of every second; workers run on behind it. */
  async poll(): Promise<void> {
    if (this.polling || this.lifecycle.isDraining()) return;
    this.polling = true;
    try {
      const counts = noCounts();
      await this.tidy(counts);
      const due = await this.due();
      const later = due.filter((pixel) => nameOf(pixel) > this.lastStarted);
      for (const pixel of [...later, ...due.slice(0, due.length - later.length)]) {
        if (this.workers.size >= WORKERS_MAX) break;
        if (!this.workers.has(nameOf(pixel))) this.start(pixel, counts);
      }
    } finally {
      this.polling = false;
    }
  }

  /** Nest closes the database after this hook. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.workers.values());
  }

  private async due(): Promise<DuePixel[]> {
    const { manager } = this.database;
    const now = this.clock.now();
    // Another server's clock may be behind ours; asking twice of the same ones is harmless.
    const since = this.askedAt && new Date(this.askedAt.getTime() - CLOCK_TOLERANCE_MILLIS);
    const changed = since && (await accountsWithNewCredentials(manager, since));
    const due = await duePixels(manager, changed);
    this.askedAt = now;
    return due.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  }

  private start(pixel: DuePixel, counts: DeliveryCounts): void {
    this.lastStarted = nameOf(pixel);
    const work = this.work(pixel, { counts })
      .catch((error: unknown) => {
        this.log.root.error({ err: error, account_id: pixel.accountId }, 'delivery failed');
      })
      .finally(() => this.workers.delete(nameOf(pixel)));
    this.workers.set(nameOf(pixel), work);
  }

  private async work(pixel: DuePixel, turn: Turn): Promise<void> {
    const { accountId, pixelId, refusedWith } = pixel;
    const { manager } = this.database;
    const target = await this.pixels.targetOf(accountId, pixelId);
    if ('waitsFor' in target) {
      turn.counts.without_credentials += 1;
      if (refusedWith !== null) return;
      const pause = { waitMillis: WAITING_MILLIS, reason: target.waitsFor, credentials: NO_DIGEST };
      return pausePixel(manager, pixel, pause);
    }
    if (refusedWith?.equals(digestOfCredentials(target.credentials))) return;
    if (refusedWith !== null) await wakePixel(manager, pixel, refusedWith);
    await this.empty(pixel, target, turn);
  }

  /** Several batches at a time; they claim one after the other, so that batches are full. */
  private async empty(
    pixel: PixelKey,
    target: SendTarget,
    { counts, signal, sent }: Turn,
  ): Promise<void> {
    const slots: Promise<void>[] = [];
    const faults: unknown[] = [];
    let isOpen = true;
    let turn: Promise<unknown> = Promise.resolve();
    const claimNext = async () => {
      if (!isOpen || this.lifecycle.isDraining() || signal?.aborted === true) return null;
      return claimEvents(this.database.manager, pixel, randomUUID(), BATCH_MAX);
    };
    const slot = async () => {
      for (;;) {
        const claiming = turn.then(claimNext);
        turn = claiming.catch(() => undefined);
        const claim = await claiming;
        if (claim === null) return;
        const end = await this.sender.send(claim, target, counts, signal);
        sent?.(counts);
        if (end === 'stops') isOpen = false;
        // One at first: a pixel that is down costs one batch an attempt, not several.
        else if (claim.events.length === BATCH_MAX) while (slots.length < SLOTS_MAX) open();
      }
    };
    const open = () => slots.push(slot().catch((error: unknown) => void faults.push(error)));
    open();
    // The list grows while it is walked.
    for (const running of slots) await running;
    if (faults.length > 0) throw faults[0];
  }

  private async tidy(counts: DeliveryCounts): Promise<void> {
    const { manager } = this.database;
    counts.swept += await sweepClaims(manager);
    const retired = await retireEvents(manager);
    counts.expired += retired.expired;
    counts.dead += retired.doubtful;
  }
}

function nameOf({ accountId, pixelId }: PixelKey): string {
  return `${pixelId}/${accountId}`;
}

function noCounts(): DeliveryCounts {
  return {
    calls: 0,
    delivered: 0,
    dead: 0,
    retrying: 0,
    handed_back: 0,
    expired: 0,
    swept: 0,
    without_credentials: 0,
  };
}
