// Conversions come in: read one by one, then matched and kept together with those of the requests
// that came meanwhile. The answer leaves after the commit, so what it acknowledges survives a kill
// -9. Called by the controllers of `/v1/conversions` and Meta's route; reads by `read-event`, keeps
// by `conversion-store`.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Account } from '../../accounts/index.js';
import {
  Clock,
  GroupCommit,
  compileCheck,
  isContentError,
  isItemFault,
  readItems,
  rejectionOf,
  type GroupLimits,
  type Rejection,
} from '../../shared/index.js';
import { PixelsService, type OwnPixel } from '../delivery/pixels.service.js';
import { MatchingService, type MatchedEvent } from '../matching/matching.service.js';
import { completeEvent } from './complete-event.js';
import { ConversionStore } from './conversion-store.service.js';
import {
  answerOf,
  refused,
  rejectionCounts,
  type ConversionsAnswer,
  type IntakeOptions,
  type Judged,
  type Request,
} from './conversions-answer.js';
import { NewConversion } from './conversions.dto.js';
import { withoutNulls } from './event-content.js';
import { keysOf } from './event-keys.js';
import type { ReadEvent } from './event-types.js';
import type { NewRow } from './intake.queries.js';
import { furtherFaults, readEvent } from './read-event.js';

const LIST = 'data';
const RULES = { check: compileCheck(NewConversion), room: 'conversions', list: LIST };

/** A full request's worth at a time; about 50 MB of events may wait while the database is slow. */
const QUEUE: GroupLimits = { rowsMax: 1000, waitingRowsMax: 10_000 };

@Injectable()
export class ConversionIntake {
  // Two queues, so that a group is looked up while the one before it is written.
  private readonly lookUps = new GroupCommit<Request, Judged>(QUEUE, (_, requests) =>
    this.judge(requests),
  );
  private readonly writes = new GroupCommit<Judged, ConversionsAnswer>(QUEUE, (_, judged) =>
    this.write(judged),
  );

  constructor(
    private readonly pixels: PixelsService,
    private readonly matching: MatchingService,
    private readonly store: ConversionStore,
    private readonly clock: Clock,
  ) {}

  async take(
    account: Account,
    items: unknown[],
    options: IntakeOptions,
  ): Promise<ConversionsAnswer> {
    const { accountId } = account;
    const { good: events, rejected } = await this.read(account, items, options);
    const request = { account, options, events, rejected };
    const judged = await this.lookUps.add(accountId, request, items.length);
    return this.writes.add(accountId, judged, items.length);
  }

  private read(account: Account, items: unknown[], { allowsIsoTime }: IntakeOptions) {
    const { currency, conversionEvents, leadEvents } = account;
    const now = this.clock.now();
    const rules = { currency, conversionEvents, leadEvents, now, allowsIsoTime };
    const further = (event: Partial<NewConversion>) => furtherFaults(event, rules);
    return readItems<NewConversion, ReadEvent>(
      items.map(withoutNulls),
      { ...RULES, further },
      (event) => readEvent(event, rules),
    );
  }

  private async judge(requests: Request[]): Promise<Judged[]> {
    const { account } = requests.at(-1)!;
    const events = requests.flatMap((request) => request.events.map(({ item }) => item));
    const [own, found] = await Promise.all([
      this.pixels.ownPixel(account),
      this.matching.match(account, events),
    ]);
    const matches = found.values();
    return requests.map((request) => {
      const rows: Judged['rows'] = [];
      const rejected: Rejection[] = [];
      for (const { index } of request.events) {
        const match = matches.next().value!;
        const event = completeEvent(match.event, match.seen);
        if (isItemFault(event)) rejected.push(rejectionOf(index, event, LIST));
        else rows.push({ index, ...rowOf({ ...match, event }, request, own) });
      }
      return refused({ request, rows, rejected: request.rejected }, rejected);
    });
  }

  /** All of one account, each answered as if those before it had been answered already. */
  private async write(judged: Judged[]): Promise<ConversionsAnswer[]> {
    try {
      return await this.keep(judged);
    } catch (error) {
      const [only] = judged;
      // Of a group the others must not wait for the search: it is split first. And a request that
      // is kept in part is split where it came in.
      const isSought = judged.length === 1 && only?.request.options.allOrNothing === true;
      if (!isSought || !isContentError(error)) throw error;
      const culprits = await this.store.unstorable(only.request.account, only.rows);
      if (culprits.length === 0) throw error;
      return this.keep([refused(only, culprits.map(unstorableRejection))]);
    }
  }

  private async keep(judged: Judged[]): Promise<ConversionsAnswer[]> {
    const { account } = judged.at(-1)!.request;
    const rows = judged.flatMap((one) => one.rows);
    const { fresh, source } = await this.store.keep(account, rows, rejectionCounts(judged));
    const isTest = this.pixels.testEventCode !== null;
    return judged.map((one) => answerOf(one, fresh, source, isTest));
  }
}

function unstorableRejection({ index }: { index: number }): Rejection {
  const detail = 'the database cannot hold this event';
  return rejectionOf(index, { code: 'conversions.unstorable', detail, field: '' }, LIST);
}

function rowOf(
  found: MatchedEvent<ReadEvent>,
  { account, options }: Request,
  ownPixel: OwnPixel,
): NewRow {
  // One that cannot be read for now is taken for what the caller says.
  const own = ownPixel.isReadable ? ownPixel.pixelId : options.pixelId;
  const pixelId = options.pixelId ?? own ?? '';
  return {
    ...found,
    id: randomUUID(),
    pixelId,
    keys: keysOf(found.event, pixelId, own),
    testEventCode: options.testEventCode,
    suppressed: suppression(account, found.event),
  };
}

function suppression(account: Account, event: ReadEvent): string | null {
  if (!event.hasConsent) return 'consent is false: never sent';
  return account.simulated ? 'a simulated account: nothing is sent to Meta' : null;
}
