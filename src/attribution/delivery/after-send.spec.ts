import { describe, expect, it } from '@jest/globals';
import { afterSend, type SendFailure } from './after-send.js';

const BACKOFF = { baseMillis: 1000, maxMillis: 30_000 };
const failure = (extra: Partial<SendFailure>): SendFailure => ({
  kind: 'transient',
  subcode: null,
  message: 'x',
  retryAfterMillis: null,
  pixelFailures: 0,
  ...extra,
});
const after = (extra: Partial<SendFailure>, chance = 0) =>
  afterSend(failure(extra), BACKOFF, chance);

describe('after a send that failed', () => {
  it('looks for the culprit only when the content is refused', () => {
    expect(after({ kind: 'invalid', subcode: 2804003 })).toEqual({ to: 'isolate' });
    expect(after({ kind: 'invalid', subcode: 33 }).to).toBe('pause');
    expect(after({ kind: 'invalid', message: 'Invalid appsecret_proof provided' }).to).toBe(
      'pause',
    );
  });

  it('pauses the pixel for what people or time must mend', () => {
    expect(after({ kind: 'auth' })).toMatchObject({ to: 'pause', waitMillis: 300_000 });
    expect(after({ kind: 'permission' })).toMatchObject({ to: 'pause' });
    expect(after({ kind: 'throttled', retryAfterMillis: 123_000 })).toMatchObject({
      to: 'pause',
      waitMillis: 123_000,
    });
  });

  it('retries with full jitter under a growing ceiling', () => {
    const wait = (pixelFailures: number, chance: number) => {
      const next = after({ kind: 'ambiguous', pixelFailures }, chance);
      return next.to === 'retry' ? next.waitMillis : NaN;
    };
    expect([0, 1, 2, 10].map((failures) => wait(failures, 0))).toEqual([1000, 2000, 4000, 30_000]);
    expect(wait(2, 0.75)).toBe(1000);
    expect(wait(0, 0.9999)).toBeGreaterThan(0);
  });
});
