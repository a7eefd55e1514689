// Conversions come in: read one by one, then matched and kept together with those of the requests
// that came meanwhile. The answer leaves after the commit, so what it acknowledges survives a kill
// -9.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { fixConversionSource, type Account, type ConversionSource } from '../../accounts/index.js';
import { EVENTS_TABLE } from '../../metrics/index.js';
import {
  Clock,
  GroupCommit,
  compileCheck,
  ensureMonths,
  intakeAnswer,
  sortOut,
  type GroupLimits,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from '../../shared/index.js';
import { PixelsService, type OwnPixel } from '../delivery/pixels.service.js';
import { CreditsService } from '../ledger/credits.service.js';
import { lockLedger } from '../ledger/credits.queries.js';
import { MatchingService, type MatchedEvent } from '../matching/matching.service.js';
import { completeEvent } from './complete-event.js';
import { NewConversion } from './conversions.dto.js';
import { keysOf } from './event-keys.js';
import { withoutNulls } from './event-content.js';
import { isEventFault, type EventFault } from './event-rules.js';
import type { ReadEvent } from './event-types.js';
import { storeConversions, type NewRow } from './intake.queries.js';
import { readEvent } from './read-event.js';

const checkConversion = compileCheck(NewConversion);

/** A full request's worth at a time; about 50 MB of events may wait while the database is slow. */
const LINE: GroupLimits = { rowsMax: 1000, waitingRowsMax: 10_000 };

export interface ConversionsAnswer extends IntakeAnswer {
  /** Where the account's conversions come from; null while none was delivered. */
  conversion_source: ConversionSource | null;
  messages: string[];
}

export interface IntakeOptions {
  /** null = the account's own, as far as it has one. */
  pixelId: string | null;
  allowsIsoTime: boolean;
  testEventCode: string | null;
  /** As at Meta: one invalid event refuses them all. */
  allOrNothing: boolean;
}

/** A request whose events were read. */
interface Request {
  account: Account;
  options: IntakeOptions;
  events: Indexed<ReadEvent>[];
  rejected: Rejection[];
}

type Found = MatchedEvent<ReadEvent>;
type Row = NewRow & Found;

/** A request once the database's knowledge is in. */
interface Judged {
  request: Request;
  rows: Row[];
  rejected: Rejection[];
}

@Injectable()
export class ConversionIntake {
  // Two lines, so that a group is looked up while the one before it is written.
  private readonly lookUps = new GroupCommit<Request, Judged>(LINE, (_, requests) =>
    this.judge(requests),
  );
  private readonly writes = new GroupCommit<Judged, ConversionsAnswer>(LINE, (_, judged) =>
    this.write(judged),
  );

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly pixels: PixelsService,
    private readonly matching: MatchingService,
    private readonly credits: CreditsService,
    private readonly clock: Clock,
  ) {}

  async take(
    account: Account,
    items: unknown[],
    options: IntakeOptions,
  ): Promise<ConversionsAnswer> {
    const request = { account, options, ...read(account, items, options, this.clock.now()) };
    const judged = await this.lookUps.add(account.accountId, request, items.length);
    return this.writes.add(account.accountId, judged, items.length);
  }

  /** All of one account, each answered as if those before it had been answered already. */
  private async write(judged: Judged[]): Promise<ConversionsAnswer[]> {
    const { account } = judged.at(-1)!.request;
    const rows = judged.flatMap((one) => one.rows);
    const now = this.clock.now();
    await ensureMonths(this.database, CONVERSIONS_TABLE, [now]);
    // Of the unmatched too: a click that comes late credits them in a transaction of its own.
    const times = rows.map(({ event }) => event.eventTime);
    await ensureMonths(this.database, EVENTS_TABLE, times);
    const rejections = countByCode(judged.flatMap(codesOf));
    const { fresh, source } = await this.keep(account, rows, (manager) =>
      storeConversions(manager, account.accountId, now, rows, rejections),
    );
    const testCode = this.pixels.testEventCode;
    return judged.map((one) => answerOf(one, fresh, source, testCode));
  }

  private async judge(requests: Request[]): Promise<Judged[]> {
    const { account } = requests.at(-1)!;
    const events = requests.flatMap((request) => request.events.map(({ item }) => item));
    const [own, found] = await Promise.all([
      this.pixels.ownPixel(account),
      this.matching.match(account, events),
    ]);
    const matched = found.values();
    return requests.map((request) => {
      const rejected = [...request.rejected];
      const rows: Row[] = [];
      for (const { index } of request.events) {
        const found: Found = matched.next().value!;
        const event = completeEvent(found.event, found.seen);
        if (isEventFault(event)) rejected.push(rejectionOf(index, event));
        else rows.push(rowOf({ ...found, event }, request, own));
      }
      const refusesAll = request.options.allOrNothing && rejected.length > 0;
      return { request, rows: refusesAll ? [] : rows, rejected };
    });
  }

  /** One statement where nothing else hangs on it. `fresh` holds the ids of the new ones. */
  private async keep(
    account: Account,
    rows: Row[],
    store: (manager: EntityManager) => Promise<Set<string>>,
  ): Promise<{ fresh: Set<string>; source: ConversionSource | null }> {
    const { accountId, conversionSource } = account;
    const credited = rows.filter(({ attribution, event }) => attribution && event.kind !== 'other');
    const mayFix = conversionSource === null && rows.some(isConversion);
    if (credited.length === 0 && !mayFix) {
      return { fresh: await store(this.database.manager), source: conversionSource };
    }
    return this.database.transaction(async (manager) => {
      if (credited.length > 0) await lockLedger(manager, accountId, 'shared');
      const fresh = await store(manager);
      const news = credited.filter(({ id }) => fresh.has(id));
      await this.matching.rememberPeople(manager, accountId, news);
      await this.credits.settle(
        manager,
        accountId,
        news.map(({ id }) => id),
      );
      const fixes = mayFix && rows.some((row) => isConversion(row) && fresh.has(row.id));
      const source = fixes
        ? await fixConversionSource(manager, accountId, 'first_party')
        : conversionSource;
      return { fresh, source };
    });
  }
}

const CONVERSIONS_TABLE = 'conversions';
const REFUSED_WITH_OTHERS = 'conversions.refused_with_others';
const TEST_WARNING =
  'test_event_code is set: Meta shows these events in Test Events AND counts them for targeting ' +
  'and measurement. Remove it in production.';

function read(
  account: Account,
  items: unknown[],
  { allowsIsoTime }: IntakeOptions,
  now: Date,
): Pick<Request, 'events' | 'rejected'> {
  const { good, rejected } = sortOut<NewConversion>(
    items.map(withoutNulls),
    checkConversion,
    'conversions.invalid',
    'data',
  );
  const { currency, conversionEvents, leadEvents } = account;
  const rules = { currency, conversionEvents, leadEvents, now, allowsIsoTime };
  const events: Indexed<ReadEvent>[] = [];
  for (const { index, item } of good) {
    const event = readEvent(item, rules);
    if (isEventFault(event)) rejected.push(rejectionOf(index, event));
    else events.push({ index, item: event });
  }
  return { events, rejected };
}

function rejectionOf(index: number, { code, detail, field }: EventFault): Rejection {
  return { index, code, detail, pointer: `/data/${index}${field}` };
}

function rowOf(found: Found, { account, options }: Request, ownPixel: OwnPixel): Row {
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

const isConversion = ({ event }: Found): boolean => event.kind === 'conversion';

/** What was accepted is counted by its rows. Of a request refused whole the valid ones too. */
function codesOf({ request, rows, rejected }: Judged): string[] {
  const valid = request.events.length + request.rejected.length - rejected.length - rows.length;
  return [...rejected.map(({ code }) => code), ...Array<string>(valid).fill(REFUSED_WITH_OTHERS)];
}

function countByCode(codes: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const code of codes)
    counts.set(`rejected:${code}`, (counts.get(`rejected:${code}`) ?? 0) + 1);
  return counts;
}

function answerOf(
  { request, rows, rejected }: Judged,
  fresh: Set<string>,
  source: ConversionSource | null,
  testCode: string | null,
): ConversionsAnswer {
  const accepted = rows.filter(({ id }) => fresh.has(id));
  const isFixed = accepted.some(isConversion);
  return {
    ...intakeAnswer(accepted.length, rows.length - accepted.length, rejected),
    conversion_source: isFixed ? source : request.account.conversionSource,
    messages: (request.options.testEventCode ?? testCode) === null ? [] : [TEST_WARNING],
  };
}
