// What the numbers in Meta's errors mean to a caller. Meta's words change without notice, its
// numbers do not, so this table alone decides. Numbers above a million appear both as `code` and as
// `error_subcode` and mean the same in either place.
import type { PlatformErrorClass, PlatformErrorScope } from '../../shared/errors.js';

/**
 * What has to stand still until the fault is gone: one object, one ad account, one token, the app.
 */
export type GraphErrorScope = PlatformErrorScope;

/** Meta's own names of the usage counters (`type` in X-Business-Use-Case-Usage). */
export type GraphUseCase =
  | 'ads_insights'
  | 'ads_management'
  | 'custom_audience'
  | 'instagram'
  | 'leadgen'
  | 'messenger'
  | 'pages';

/** `usage`: what the usage headers say; `block`: the same, else the tier's blocking time. */
type GraphWait = 'none' | 'usage' | 'block' | { ms: number };

export interface GraphMeaning {
  kind: Exclude<PlatformErrorClass, 'ambiguous'>;
  scope: GraphErrorScope;
  wait: GraphWait;
  useCase: GraphUseCase | null;
}

const HOUR_MS = 3_600_000;
const PERMISSION_CODE_FIRST = 200;
const PERMISSION_CODE_LAST = 299;

const TRANSIENT = meaning('transient', 'object');
const INVALID = meaning('invalid', 'object');
/** Wrong whatever the flags beside it say; INVALID alone gives way to `is_transient`. */
const PERMANENT = meaning('invalid', 'object');
const ACCOUNT_THROTTLE = meaning('throttled', 'account', 'usage');
const BLOCKED_BY_SCORE = meaning('throttled', 'account', 'block');
const INSIGHTS_OF_APP = meaning('throttled', 'app', 'none', 'ads_insights');

const BY_CODE: ReadonlyMap<number, GraphMeaning> = new Map([
  [1, TRANSIENT],
  [2, TRANSIENT],
  [5000, TRANSIENT],
  [-2, TRANSIENT],
  [3, meaning('permission', 'app')],
  [4, meaning('throttled', 'app')],
  [341, meaning('throttled', 'app')],
  [10, meaning('permission', 'credential')],
  [294, meaning('permission', 'credential')],
  [17, ACCOUNT_THROTTLE],
  [613, ACCOUNT_THROTTLE],
  [32, meaning('throttled', 'account', 'usage', 'pages')],
  [80000, meaning('throttled', 'account', 'usage', 'ads_insights')],
  [80001, meaning('throttled', 'account', 'usage', 'pages')],
  [80002, meaning('throttled', 'account', 'usage', 'instagram')],
  [80003, meaning('throttled', 'account', 'usage', 'custom_audience')],
  [80004, meaning('throttled', 'account', 'usage', 'ads_management')],
  [80005, meaning('throttled', 'account', 'usage', 'leadgen')],
  [80006, meaning('throttled', 'account', 'usage', 'messenger')],
  [80008, ACCOUNT_THROTTLE],
  [80009, ACCOUNT_THROTTLE],
  [80014, ACCOUNT_THROTTLE],
  [100, INVALID],
  [506, INVALID],
  [102, meaning('auth', 'credential')],
  [190, meaning('auth', 'credential')],
  // The docs say wait and retry, yet a policy block grows with every further write: a person
  // decides.
  [368, meaning('permission', 'credential')],
]);

const BY_NUMBER: ReadonlyMap<number, GraphMeaning> = new Map([
  [1504022, INSIGHTS_OF_APP],
  [1504039, INSIGHTS_OF_APP],
  [1487742, BLOCKED_BY_SCORE],
  [5044001, ACCOUNT_THROTTLE],
  [1487225, ACCOUNT_THROTTLE],
  // Four budget edits of one ad set in an hour block that ad set, nothing else.
  [1487632, meaning('throttled', 'object', { ms: HOUR_MS })],
  // Ten edits a day of the account's spend cap: the edited object is the account, its ads go on. A
  // whole day is the longest that "the next day" can be; the account's midnight is not known here.
  [1885172, meaning('throttled', 'object', { ms: 24 * HOUR_MS })],
  [1885316, meaning('permission', 'account')],
  [3191001, meaning('permission', 'account')],
  [2490547, TRANSIENT],
  [1504043, TRANSIENT],
  [1504044, TRANSIENT],
  ...[
    // Reports that are too large or too slow: asked again they fail again, the question has to
    // change.
    ...[1504018, 1504038, 1487534, 1504045],
    // A breakdown or a metric that does not exist.
    ...[1504041, 1504042],
    // Budgets and states that Meta does not accept.
    ...[1885272, 1885650, 1487901, 1885621, 1885261, 1885088, 2446307],
  ].map((number): [number, GraphMeaning] => [number, PERMANENT]),
]);

/** The meaning of a known error; null when neither number is in Meta's tables. */
export function meaningOf(code: number | null, subcode: number | null): GraphMeaning | null {
  // Only under 17 is 2446079 the account score with its known blocking time; under 80004 it is not.
  if (code === 17 && subcode === 2446079) return BLOCKED_BY_SCORE;
  const specific = lookUp(BY_NUMBER, subcode) ?? lookUp(BY_NUMBER, code);
  if (specific) return specific;
  const general = lookUp(BY_CODE, code);
  if (general) return general;
  const isPermission =
    code !== null && code >= PERMISSION_CODE_FIRST && code <= PERMISSION_CODE_LAST;
  return isPermission ? meaning('permission', 'account') : null;
}

/** Whether `is_transient: true` may overrule the number: a throttle or a lost right stays one. */
export function yieldsToTransient(known: GraphMeaning | null): boolean {
  return known === null || known === INVALID;
}

function meaning(
  kind: GraphMeaning['kind'],
  scope: GraphErrorScope,
  wait: GraphWait = 'none',
  useCase: GraphUseCase | null = null,
): GraphMeaning {
  return { kind, scope, wait, useCase };
}

function lookUp(
  table: ReadonlyMap<number, GraphMeaning>,
  number: number | null,
): GraphMeaning | null {
  return number === null ? null : (table.get(number) ?? null);
}
