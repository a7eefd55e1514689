import { describe, expect, it } from '@jest/globals';
import { classifyGraphError, GraphError, isErrorEnvelope } from './graph-errors.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function judged(
  code: number,
  subcode?: number,
  extra: Record<string, unknown> = {},
  httpStatus = 400,
): string {
  const error = { message: 'm', code, error_subcode: subcode, is_transient: false, ...extra };
  const verdict = classifyGraphError({ httpStatus, body: { error }, headers: {} });
  const { kind, scope, retryAfterMs, useCase } = verdict;
  return [kind, scope, retryAfterMs ?? '-', useCase ?? '-'].join(' ');
}

describe('what the numbers of an error mean', () => {
  it.each<[number, number | undefined, string]>([
    // Temporary.
    [1, undefined, 'transient object - -'],
    [1, 99, 'transient object - -'],
    [2, undefined, 'transient object - -'],
    [5000, undefined, 'transient object - -'],
    // The app's limits.
    [4, undefined, 'throttled app - -'],
    [341, undefined, 'throttled app - -'],
    [4, 1504022, 'throttled app - ads_insights'],
    [4, 1504039, 'throttled app - ads_insights'],
    // The account's limits.
    [17, undefined, 'throttled account - -'],
    [17, 2446079, 'throttled account 300000 -'],
    [32, undefined, 'throttled account - pages'],
    [80000, 2446079, 'throttled account - ads_insights'],
    [80001, undefined, 'throttled account - pages'],
    [80002, undefined, 'throttled account - instagram'],
    [80003, 2446079, 'throttled account - custom_audience'],
    [80004, 2446079, 'throttled account - ads_management'],
    [80005, undefined, 'throttled account - leadgen'],
    [80006, undefined, 'throttled account - messenger'],
    [80008, undefined, 'throttled account - -'],
    [80009, undefined, 'throttled account - -'],
    [80014, undefined, 'throttled account - -'],
    [613, undefined, 'throttled account - -'],
    [613, 1996, 'throttled account - -'],
    [613, 1487742, 'throttled account 300000 -'],
    [613, 5044001, 'throttled account - -'],
    [613, 1487225, 'throttled account - -'],
    [613, 1487632, `throttled object ${HOUR_MS} -`],
    [17, 1885172, `throttled object ${DAY_MS} -`],
    // Policy, tokens, rights.
    [368, undefined, 'permission credential - -'],
    ...[undefined, 458, 459, 460, 463, 464, 467, 492].map(
      (subcode): [number, number | undefined, string] => [190, subcode, 'auth credential - -'],
    ),
    [102, undefined, 'auth credential - -'],
    [3, undefined, 'permission app - -'],
    [10, undefined, 'permission credential - -'],
    [294, undefined, 'permission credential - -'],
    [200, undefined, 'permission account - -'],
    [299, undefined, 'permission account - -'],
    [100, 1885316, 'permission account - -'],
    // Wrong in themselves, wherever the number stands.
    [100, undefined, 'invalid object - -'],
    [100, 33, 'invalid object - -'],
    [100, 2804003, 'invalid object - -'],
    [506, undefined, 'invalid object - -'],
    ...[1885272, 1885650, 1487901, 1885621, 1885261, 1885088, 2446307].flatMap(
      (number): [number, number | undefined, string][] => [
        [number, undefined, 'invalid object - -'],
        [100, number, 'invalid object - -'],
      ],
    ),
    // Reports.
    [100, 1504018, 'invalid object - -'],
    [2, 1504038, 'invalid object - -'],
    [100, 1487534, 'invalid object - -'],
    [-3, 1504045, 'invalid object - -'],
    [-2, 2490547, 'transient object - -'],
    [2, 1504043, 'transient object - -'],
    [2, 1504044, 'transient object - -'],
    [2, 1504041, 'invalid object - -'],
    [2, 1504042, 'invalid object - -'],
    [100, 3191001, 'permission account - -'],
  ])('reads %p/%p, under any HTTP status', (code, subcode, expected) => {
    for (const httpStatus of [200, 400, 401, 403, 429, 500, 503]) {
      expect(judged(code, subcode, {}, httpStatus)).toBe(expected);
    }
  });

  it('lets is_transient overrule a bare invalid or unknown number only', () => {
    const flag = { is_transient: true };
    expect(judged(100, undefined, flag)).toBe('transient object - -');
    expect(judged(987654, undefined, flag)).toBe('transient object - -');
    expect(judged(190, 463, flag)).toBe('auth credential - -');
    expect(judged(17, undefined, flag)).toBe('throttled account - -');
    expect(judged(100, 1504018, flag)).toBe('invalid object - -');
  });

  it('goes by the status only for a number nobody lists and Meta says nothing about', () => {
    expect(judged(987654, undefined, { is_transient: undefined }, 500)).toMatch(/^transient/);
    expect(judged(987654, undefined, { is_transient: false }, 500)).toMatch(/^invalid/);
    expect(judged(987654, undefined, { is_transient: undefined }, 400)).toMatch(/^invalid/);
  });

  it('reads numbers that arrive as text', () => {
    const body = { error: { message: 'm', code: '190', error_subcode: '463' } };
    const verdict = classifyGraphError({ httpStatus: 400, body, headers: {} });
    expect([verdict.kind, verdict.code, verdict.subcode]).toEqual(['auth', 190, 463]);
  });
});

describe('an answer without an envelope', () => {
  it.each([
    [200, 'Service Unavailable'],
    [502, '<html>Bad Gateway</html>'],
    [404, '<html>no such page</html>'],
    [200, { error: 'a text' }],
    [500, null],
  ])('is transient (HTTP %p, %p)', (httpStatus, body) => {
    const verdict = classifyGraphError({ httpStatus, body, headers: { 'x-fb-trace-id': 'T' } });
    expect(verdict).toEqual({
      kind: 'transient',
      retryAfterMs: null,
      message: `Meta's answer (HTTP ${httpStatus}) was not one of the Graph API`,
      code: null,
      subcode: null,
      fbtraceId: 'T',
      scope: 'object',
      useCase: null,
    });
    expect(isErrorEnvelope(body)).toBe(false);
  });
});

describe('the words of a verdict', () => {
  const error = {
    message: 'Invalid parameter',
    type: 'OAuthException',
    code: 100,
    error_subcode: 1885272,
    is_transient: false,
    error_user_title: 'Budget is too low',
    error_user_msg: 'Your budget must be at least $1.00.',
    fbtrace_id: 'Axyz',
  };
  const messageWith = (error_data: unknown): string =>
    classifyGraphError({ httpStatus: 400, body: { error: { ...error, error_data } }, headers: {} })
      .message;
  const expected =
    'Budget is too low: Your budget must be at least $1.00. (field daily_budget; code 100/1885272)';

  it("are Meta's own, with the blamed field, from an object or its JSON text", () => {
    expect(messageWith({ blame_field_specs: [['daily_budget']] })).toBe(expected);
    expect(messageWith('{"blame_field_specs":[["daily_budget"]]}')).toBe(expected);
    expect(messageWith({ blame_field_specs: [['targeting', 'geo'], ['bid']] })).toContain(
      '(field targeting.geo, bid; code',
    );
  });

  it('do without error_data that cannot be read', () => {
    for (const data of [undefined, null, 'no JSON', 7, { blame_field_specs: 'x' }]) {
      expect(messageWith(data)).toBe(expected.replace('field daily_budget; ', ''));
    }
  });

  it('fall back on the message, shortened, and never quote a token', () => {
    const token = `EAA${'x1'.repeat(40)}`;
    const body = JSON.stringify({
      error: { message: `Malformed access token ${token} ${'a'.repeat(2000)}`, code: 190 },
    });
    const { message } = classifyGraphError({ httpStatus: 400, body, headers: {} });
    expect(message).toMatch(/^Malformed access token \[token\] aaa/);
    expect(message).toMatch(/ \(code 190\)$/);
    expect(message.length).toBeLessThan(1050);
  });

  it('travel in an error that is a PlatformError', () => {
    const verdict = classifyGraphError({ httpStatus: 400, body: { error }, headers: {} });
    const failure = new GraphError(verdict);
    expect(failure).toMatchObject({
      kind: 'invalid',
      message: 'Budget is too low: Your budget must be at least $1.00. (code 100/1885272)',
      retryAfterMs: null,
      traceId: 'Axyz',
      verdict,
    });
  });
});

describe('the waiting time of a throttle', () => {
  const throttle = (code: number, subcode: number | undefined, headers: Record<string, string>) =>
    classifyGraphError({
      httpStatus: 400,
      body: { error: { message: 'm', code, error_subcode: subcode } },
      headers,
      adAccountId: 'act_11',
    }).retryAfterMs;
  const business = JSON.stringify({
    '11': [{ type: 'ads_management', estimated_time_to_regain_access: 7 }],
  });
  const account = JSON.stringify({ acc_id_util_pct: 100, reset_time_duration: 90 });
  const standard = JSON.stringify({ acc_id_util_pct: 12, ads_api_access_tier: 'standard_access' });

  it('is in minutes in one header and in seconds in the other', () => {
    expect(throttle(80004, 2446079, { 'X-Business-Use-Case-Usage': business })).toBe(420_000);
    expect(throttle(17, undefined, { 'x-ad-account-usage': account })).toBe(90_000);
  });

  it('is the blocking time of the tier where the score refused and no header says', () => {
    expect(throttle(17, 2446079, { 'x-ad-account-usage': standard })).toBe(60_000);
    expect(throttle(613, 1487742, {})).toBe(300_000);
    expect(throttle(17, 2446079, { 'x-business-use-case-usage': business })).toBe(420_000);
  });

  it('of a fixed rule is not shortened by any header', () => {
    expect(throttle(613, 1487632, { 'x-ad-account-usage': account })).toBe(HOUR_MS);
    expect(throttle(4, undefined, { 'x-business-use-case-usage': business })).toBeNull();
  });
});
