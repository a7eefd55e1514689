// Conversions come in: judged one by one, matched, kept in one transaction, told by index. The answer
// leaves after the commit, so what it acknowledges survives a kill -9.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { fixConversionSource, type Account, type ConversionSource } from '../../accounts/index.js';
import { EVENTS_TABLE } from '../../metrics/index.js';
import {
  Clock,
  compileCheck,
  ensureMonths,
  intakeAnswer,
  sortOut,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from '../../shared/index.js';
import { PixelsService } from '../delivery/pixels.service.js';
import { CreditsService } from '../matching/credits.service.js';
import { lockLedger } from '../matching/credits.queries.js';
import { MatchingService, type MatchedEvent } from '../matching/matching.service.js';
import { NewConversion } from './conversions.dto.js';
import { isEventFault, type EventFault } from './event-rules.js';
import { claimKeys, ensureConversionMonth, insertConversions, tally } from './intake.queries.js';
import type { ReadEvent } from './event-types.js';
import { completeEvent, readEvent } from './read-event.js';
import { firstOfEach, keysOf, type EventKeys } from './sort-events.js';

const checkConversion = compileCheck(NewConversion);

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

type Ready = MatchedEvent & { index: number; keys: EventKeys };

@Injectable()
export class ConversionIntake {
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
    const now = this.clock.now();
    const own = await this.pixels.ownPixel(account);
    const pixelId = options.pixelId ?? own ?? '';
    const { events, rejected } = await this.read(account, items, options, now);
    const refusesAll = options.allOrNothing && rejected.length > 0;
    const matched = refusesAll ? [] : await this.matching.match(account, events);
    const ready = matched.map((one) => ({ ...one, keys: keysOf(one.event, pixelId, own) }));
    await ensureConversionMonth(this.database, now);
    // Of the unmatched too: a click that comes late credits them in a transaction of its own.
    const times = ready.map(({ event }) => event.eventTime);
    await ensureMonths(this.database, EVENTS_TABLE, times);
    const { accepted, source } = await this.database.transaction(async (manager) => {
      const fresh = await this.keep(manager, account, ready, pixelId, options, now);
      const accepted = fresh.length;
      const turnedAway = outcomes(ready.length - accepted, rejected);
      if (refusesAll) turnedAway.set('rejected:conversions.refused_with_others', events.length);
      await tally(manager, account.accountId, now, turnedAway);
      const brings = fresh.some(({ event }) => event.kind === 'conversion');
      const source =
        brings && account.conversionSource === null
          ? await fixConversionSource(manager, account.accountId, 'first_party')
          : account.conversionSource;
      return { accepted, source };
    });
    const testCode = options.testEventCode ?? this.pixels.testEventCode;
    return {
      ...intakeAnswer(accepted, ready.length - accepted, rejected),
      conversion_source: source,
      messages: testCode === null ? [] : [TEST_WARNING],
    };
  }

  private async read(
    account: Account,
    items: unknown[],
    options: IntakeOptions,
    now: Date,
  ): Promise<{ events: Indexed<ReadEvent>[]; rejected: Rejection[] }> {
    const { good, rejected } = sortOut<NewConversion>(
      items.map(withoutNulls),
      checkConversion,
      'conversions.invalid',
      'data',
    );
    const rules = { ...account, now, allowsIsoTime: options.allowsIsoTime };
    const read: Indexed<ReadEvent>[] = [];
    const refuse = (index: number, { code, detail, field }: EventFault) =>
      rejected.push({ index, code, detail, pointer: `/data/${index}${field}` });
    for (const { index, item } of good) {
      const event = readEvent(item, rules);
      if (isEventFault(event)) refuse(index, event);
      else read.push({ index, item: event });
    }
    const seen = await this.matching.clicksBehind(account.accountId, read);
    const events: Indexed<ReadEvent>[] = [];
    for (const { index, item } of read) {
      const event = completeEvent(item, seen(item));
      if (isEventFault(event)) refuse(index, event);
      else events.push({ index, item: event });
    }
    return { events, rejected };
  }

  private async keep(
    manager: EntityManager,
    account: Account,
    ready: Ready[],
    pixelId: string,
    options: IntakeOptions,
    now: Date,
  ): Promise<Ready[]> {
    const { accountId } = account;
    const fresh = await newOnes(manager, accountId, ready);
    const rows = fresh.map((one) => ({
      id: randomUUID(),
      pixelId,
      event: one.event,
      touchKeys: one.touchKeys,
      utmIds: one.utmIds,
      testEventCode: options.testEventCode,
      suppressed: suppression(account, one.event),
      attribution: one.attribution,
    }));
    const credited = rows.filter(({ event, attribution }) => attribution && event.kind !== 'other');
    if (credited.length > 0) await lockLedger(manager, accountId, 'shared');
    await insertConversions(manager, accountId, now, rows);
    await this.matching.rememberPeople(manager, accountId, fresh);
    await this.credits.settle(
      manager,
      accountId,
      credited.map(({ id }) => id),
    );
    return fresh;
  }
}

const TEST_WARNING =
  'test_event_code is set: Meta shows these events in Test Events AND counts them for targeting ' +
  'and measurement. Remove it in production.';

/** First by identity, then by order; both in the order of their digests, so nobody deadlocks. */
async function newOnes(
  manager: EntityManager,
  accountId: string,
  ready: Ready[],
): Promise<Ready[]> {
  const first = firstOfEach(ready);
  const identities = await claimKeys(
    manager,
    accountId,
    first.map(({ keys }) => keys.identity),
  );
  const unseen = first.filter(({ keys }) => identities.has(keys.identity.toString('base64')));
  const orders = await claimKeys(
    manager,
    accountId,
    unseen.flatMap(({ keys }) => keys.order ?? []),
  );
  return unseen.filter(
    ({ keys }) => keys.order === null || orders.has(keys.order.toString('base64')),
  );
}

function suppression(account: Account, event: ReadEvent): string | null {
  if (!event.hasConsent) return 'consent is false: never sent';
  return account.simulated ? 'a simulated account: nothing is sent to Meta' : null;
}

/** What was accepted is counted by its rows: one shared counter would make requests queue up. */
function outcomes(duplicates: number, rejected: Rejection[]): Map<string, number> {
  const counts = new Map([['duplicate', duplicates]]);
  for (const { code } of rejected) {
    counts.set(`rejected:${code}`, (counts.get(`rejected:${code}`) ?? 0) + 1);
  }
  return counts;
}

/** SDKs send what they do not know as null. */
function withoutNulls(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));
}
