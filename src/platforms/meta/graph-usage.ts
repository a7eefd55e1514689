// How long Meta's usage headers ask a throttled caller to wait. Two of them give a time and in
// different units: X-Business-Use-Case-Usage in minutes, X-Ad-Account-Usage in seconds.
import type { GraphUseCase } from './graph-error-codes.js';

export type GraphHeaders = Readonly<Record<string, string>>;

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;
/** Every counter of Meta rolls over within a day: a longer wait is a misread header. */
const WAIT_MS_MAX = 24 * 60 * MINUTE_MS;
/** The account score: both blocking times are Meta's documented ones. */
const BLOCK_MS_STANDARD = 60 * SECOND_MS;
const BLOCK_MS_DEVELOPMENT = 300 * SECOND_MS;

const BUSINESS_HEADER = 'x-business-use-case-usage';
const ACCOUNT_HEADER = 'x-ad-account-usage';
const INSIGHTS_HEADER = 'x-fb-ads-insights-throttle';

interface UsageEntry {
  owner: string;
  type: unknown;
  minutes: number;
}

/**
 * Milliseconds until access returns, null when no header says. Of several matching entries the
 * longest counts: calling too early raises Meta's count further, waiting too long only costs time.
 */
export function regainAccessMs(
  headers: GraphHeaders,
  useCase: GraphUseCase | null,
  adAccountId: string | null,
): number | null {
  const wait = Math.max(businessWaitMs(headers, useCase, adAccountId), accountWaitMs(headers));
  return wait > 0 ? Math.min(wait, WAIT_MS_MAX) : null;
}

/** The blocking time of the account score; an unnamed tier is taken for the slower one. */
export function scoreBlockMs(headers: GraphHeaders): number {
  return accessTier(headers) === 'standard_access' ? BLOCK_MS_STANDARD : BLOCK_MS_DEVELOPMENT;
}

/** Case-insensitive look-up; the headers of a batch item keep Meta's capitals. */
export function headerOf(headers: GraphHeaders, name: string): string | null {
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  return entry ? entry[1] : null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a JSON text, undefined for anything that is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function businessWaitMs(
  headers: GraphHeaders,
  useCase: GraphUseCase | null,
  adAccountId: string | null,
): number {
  const owner = adAccountId?.replace(/^act_/, '');
  // The keys may be a business's instead of the account's: then nothing can be told apart by them.
  const ours = preferred(businessEntries(headers), (entry) => entry.owner === owner);
  const relevant = preferred(ours, (entry) => entry.type === useCase);
  return Math.max(0, ...relevant.map(({ minutes }) => minutes * MINUTE_MS));
}

function businessEntries(headers: GraphHeaders): UsageEntry[] {
  const usage = recordIn(headers, BUSINESS_HEADER);
  return Object.entries(usage).flatMap(([owner, entries]) =>
    (Array.isArray(entries) ? entries : []).filter(isRecord).map((entry) => ({
      owner: owner.replace(/^act_/, ''),
      type: entry['type'],
      minutes: amount(entry['estimated_time_to_regain_access']),
    })),
  );
}

function accountWaitMs(headers: GraphHeaders): number {
  const usage = recordIn(headers, ACCOUNT_HEADER);
  // Below 100 % this counter is not the one that refused, though it names its own reset.
  const isSpent = usage['acc_id_util_pct'] === undefined || amount(usage['acc_id_util_pct']) >= 100;
  return isSpent ? amount(usage['reset_time_duration']) * SECOND_MS : 0;
}

function accessTier(headers: GraphHeaders): unknown {
  const entries = Object.values(recordIn(headers, BUSINESS_HEADER)).flat().filter(isRecord);
  const sources = [
    recordIn(headers, ACCOUNT_HEADER),
    recordIn(headers, INSIGHTS_HEADER),
    ...entries,
  ];
  return sources.map((source) => source['ads_api_access_tier']).find((tier) => tier !== undefined);
}

function recordIn(headers: GraphHeaders, name: string): Record<string, unknown> {
  const value = parseJson(headerOf(headers, name) ?? '');
  return isRecord(value) ? value : {};
}

function preferred<T>(all: T[], isPreferred: (one: T) => boolean): T[] {
  const some = all.filter(isPreferred);
  return some.length > 0 ? some : all;
}

function amount(value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number : 0;
}
