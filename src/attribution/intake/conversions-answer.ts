// What a request is answered with, and what of it is counted.
import type { Account, ConversionSource } from '../../accounts/index.js';
import type { Indexed, IntakeAnswer, Rejection } from '../../shared/index.js';
import type { ReadEvent } from './event-types.js';
import type { NewRow } from './intake.queries.js';
import { warningsOf, type Warning } from './website-warnings.js';

export interface ConversionsAnswer extends IntakeAnswer {
  /** Where the account's conversions come from; null while none was delivered. */
  conversion_source: ConversionSource | null;
  messages: string[];
  /** What was taken all the same; absent when there is nothing to say. */
  warnings?: (Warning & { index: number })[];
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
export interface Request {
  account: Account;
  options: IntakeOptions;
  events: Indexed<ReadEvent>[];
  rejected: Rejection[];
}

/** A request once the database's knowledge is in. */
export interface Judged {
  request: Request;
  rows: (NewRow & { index: number })[];
  rejected: Rejection[];
}

const REFUSED_WITH_OTHERS = 'conversions.refused_with_others';
const TEST_WARNING =
  'test_event_code is set: Meta shows these events in Test Events AND counts them for targeting ' +
  'and measurement. Remove it in production.';

/** As at Meta where the caller wants it so: with one that is refused none is stored. */
export function refused(judged: Judged, more: Rejection[]): Judged {
  const rejected = [...judged.rejected, ...more];
  const indices = new Set(more.map(({ index }) => index));
  const refusesAll = judged.request.options.allOrNothing && rejected.length > 0;
  const rows = refusesAll ? [] : judged.rows.filter(({ index }) => !indices.has(index));
  return { ...judged, rows, rejected };
}

/** By the outcome; what was accepted is counted by its rows. */
export function rejectionCounts(judged: Judged[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const code of judged.flatMap(codesOf)) {
    counts.set(`rejected:${code}`, (counts.get(`rejected:${code}`) ?? 0) + 1);
  }
  return counts;
}

/** `fresh` has the ids of the rows that were new. */
export function answerOf(
  { request, rows, rejected }: Judged,
  fresh: ReadonlySet<string>,
  source: ConversionSource | null,
  isTest: boolean,
): ConversionsAnswer {
  const accepted = rows.filter(({ id }) => fresh.has(id));
  const warnings = rows.flatMap(({ index, event }) =>
    warningsOf(event.fields).map((warning) => ({ index, ...warning })),
  );
  const isFixed = accepted.some(({ event }) => event.kind === 'conversion');
  return {
    accepted: accepted.length,
    duplicates: rows.length - accepted.length,
    rejected: [...rejected].sort((a, b) => a.index - b.index),
    conversion_source: isFixed ? source : request.account.conversionSource,
    messages: isTest || request.options.testEventCode !== null ? [TEST_WARNING] : [],
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/** Of a request refused whole the valid ones too. */
function codesOf({ request, rows, rejected }: Judged): string[] {
  const valid = request.events.length + request.rejected.length - rejected.length - rows.length;
  return [...rejected.map(({ code }) => code), ...Array<string>(valid).fill(REFUSED_WITH_OTHERS)];
}
