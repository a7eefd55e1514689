// One writer per account: requests that arrive during a write share the next transaction, and what
// other rooms queued waits in the same line, so each is learned as if it had come alone. Between
// `events-intake` (and `event-queue`) and `event-learner`.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { ConversionSource } from '../../accounts/index.js';
import { insertAdEvents, takeQueuedEvents, type AdEventValues } from '../../metrics/index.js';
import { GroupCommit } from '../../shared/index.js';
import { AdTrails } from '../drift/trails.service.js';
import { lockLearning } from '../online/online-model.queries.js';
import { apportionEvents, type OwnEvents } from './apportion-events.js';
import { EventLearner, NOT_LEARNED, type Learned } from './event-learner.service.js';
import { JournalFold } from './journal-fold.service.js';

/**
 * Queued events learned in one transaction: the account's lock is not held for longer than a
 * second.
 */
export const QUEUE_BATCH = 1000;
const LIMITS = {
  // Four full requests of small batches: a longer write would let the others wait for a second.
  rowsMax: 2000,
  // Some twenty megabytes per account while its database is slow; then clients are asked to wait.
  waitingRowsMax: 20_000,
};

/** Events of a request, or a look at what other rooms queued. */
type Work = { events: AdEventValues[]; source: ConversionSource | null } | 'queue';

export interface Written {
  own: OwnEvents;
  learned: Learned;
}

@Injectable()
export class EventWriter {
  // Waiting requests hold no connection.
  private readonly queue = new GroupCommit<Work, Written>(LIMITS, (accountId, works) =>
    this.write(accountId, works),
  );

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly learner: EventLearner,
    private readonly trails: AdTrails,
    private readonly journal: JournalFold,
  ) {}

  /** Of a request; their months exist. */
  store(
    accountId: string,
    events: AdEventValues[],
    source: ConversionSource | null,
  ): Promise<Written> {
    return this.queue.add(accountId, { events, source }, events.length);
  }

  /** The oldest that other rooms queued, up to `QUEUE_BATCH`; their months exist. */
  learnBatch(accountId: string): Promise<Written> {
    return this.queue.add(accountId, 'queue', 1);
  }

  /** In the order of asking; the insert goes first for all, since it depends on nothing learned. */
  private async write(accountId: string, works: Work[]): Promise<Written[]> {
    this.trails.begin(accountId);
    const { done, growth } = await this.database.transaction(async (manager) => {
      const stored = await lockLearning(manager, accountId);
      const told = works.filter((work) => work !== 'queue');
      const source = told.find((work) => work.source !== null)?.source ?? null;
      const lists = told.map(({ events }) => events);
      const options = { queued: false, conversionSource: source };
      const inserted = await insertAdEvents(manager, accountId, lists.flat(), options);
      const shares = apportionEvents(lists, inserted, source);
      const own: OwnEvents[] = [];
      for (const work of works) {
        if (work !== 'queue') own.push(shares.shift() ?? NO_EVENTS);
        else {
          const taken = await takeQueuedEvents(manager, accountId, QUEUE_BATCH);
          own.push({ ...NO_EVENTS, inserted: taken });
        }
      }
      const requests = own.map((one) => one.inserted);
      const learned = await this.learner.learn(manager, accountId, stored, requests);
      const events = requests.reduce((sum, request) => sum + request.length, 0);
      return {
        done: own.map((one, place) => ({ own: one, learned: learned[place] ?? NOT_LEARNED })),
        growth: { events: stored.unfoldedEvents + events, positions: stored.unfoldedPositions + 1 },
      };
    });
    this.trails.committed(accountId);
    this.journal.grown(accountId, growth);
    return done;
  }
}

export const NO_EVENTS: OwnEvents = {
  ...{ inserted: [], duplicates: [], conflicts: [] },
  conversionSource: null,
};
