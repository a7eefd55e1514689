// The outbox is emptied pixel by pixel, each by a worker of its own: one that hangs or sleeps does
// not slow another. Any number of processes may do so at once.
import { randomUUID } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Lifecycle, Log } from '../../shared/index.js';
import { BatchSender, type SendCounts } from './batch-sender.service.js';
import {
  claimEvents,
  duePixels,
  retireEvents,
  sweepClaims,
  type DuePixel,
  type PixelKey,
} from './outbox.queries.js';
import { PixelsService, digestOfCredentials } from './pixels.service.js';
import { wakePixel } from './settle.queries.js';

/** Meta's bound on one request. */
const BATCH_MAX = 1000;
/** Connections to the database are few; more pixels take turns. */
const WORKERS_MAX = 4;
/** Batches of one pixel under way at a time, once Meta takes them: an answer takes it a second. */
const LANES_MAX = 3;

export type DeliveryCounts = SendCounts & {
  expired: number;
  swept: number;
  without_credentials: number;
};

@Injectable()
export class DeliveryService implements BeforeApplicationShutdown {
  private readonly workers = new Map<string, Promise<void>>();
  private polling = false;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly sender: BatchSender,
    private readonly pixels: PixelsService,
    private readonly lifecycle: Lifecycle,
    private readonly log: Log,
  ) {}

  /** Everything due now, to the end. */
  async run(signal?: AbortSignal): Promise<DeliveryCounts> {
    await Promise.all(this.workers.values());
    const counts = noCounts();
    await this.tidy(counts);
    const pixels = await duePixels(this.database.manager);
    const queue = pixels.filter((pixel) => !this.workers.has(nameOf(pixel)));
    const faults: unknown[] = [];
    const lanes = Array.from({ length: WORKERS_MAX }, async () => {
      for (let pixel = queue.shift(); pixel; pixel = queue.shift()) {
        try {
          await this.work(pixel, counts, signal);
        } catch (error) {
          faults.push(error);
        }
      }
    });
    await Promise.all(lanes);
    if (faults.length > 0) throw faults[0];
    return counts;
  }

  /** The cheap question of every second; workers run on behind it. */
  async poll(): Promise<void> {
    if (this.polling || this.lifecycle.isDraining()) return;
    this.polling = true;
    try {
      const counts = noCounts();
      await this.tidy(counts);
      for (const pixel of await duePixels(this.database.manager)) {
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

  private start(pixel: DuePixel, counts: DeliveryCounts): void {
    const work = this.work(pixel, counts)
      .catch((error: unknown) => {
        this.log.root.error({ err: error, account_id: pixel.accountId }, 'delivery failed');
      })
      .finally(() => this.workers.delete(nameOf(pixel)));
    this.workers.set(nameOf(pixel), work);
  }

  private async work(pixel: DuePixel, counts: DeliveryCounts, signal?: AbortSignal): Promise<void> {
    const { accountId, refusedWith } = pixel;
    const pixelId = pixel.pixelId || (await this.pixels.ownPixel({ accountId }));
    const credentials =
      pixelId === null ? null : await this.pixels.credentialsFor(accountId, pixelId);
    if (pixelId === null || credentials === null) {
      counts.without_credentials += 1;
      return;
    }
    if (refusedWith?.equals(digestOfCredentials(credentials))) return;
    if (refusedWith !== null) await wakePixel(this.database.manager, pixel, refusedWith);
    await this.empty(pixel, { pixelId, credentials }, counts, signal);
  }

  /**
   * In lanes, several batches at a time; they claim one after the other, so that batches are full.
   */
  private async empty(
    pixel: PixelKey,
    target: Parameters<BatchSender['send']>[1],
    counts: DeliveryCounts,
    signal?: AbortSignal,
  ): Promise<void> {
    const lanes: Promise<void>[] = [];
    const faults: unknown[] = [];
    let isOpen = true;
    let turn: Promise<unknown> = Promise.resolve();
    const claimNext = async () => {
      if (!isOpen || this.lifecycle.isDraining() || signal?.aborted === true) return null;
      return claimEvents(this.database.manager, pixel, randomUUID(), BATCH_MAX);
    };
    const lane = async () => {
      for (;;) {
        const claiming = turn.then(claimNext);
        turn = claiming.catch(() => undefined);
        const claim = await claiming;
        if (claim === null) return;
        const end = await this.sender.send(claim, target, counts, signal);
        if (end === 'stops') isOpen = false;
        // One at first: a pixel that is down costs one batch an attempt, not several.
        else if (claim.events.length === BATCH_MAX) while (lanes.length < LANES_MAX) open();
      }
    };
    const open = () => lanes.push(lane().catch((error: unknown) => void faults.push(error)));
    open();
    // The list grows while it is walked.
    for (const running of lanes) await running;
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
