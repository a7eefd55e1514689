import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fullJitter } from '../../shared/backoff.js';
import { afterLook, afterFailure, afterReadBack, type Failure } from './settlement.js';

const BACKOFF = { baseMillis: 1000, maxMillis: 30_000 };
const failure = (kind: Failure['kind'], rest: Partial<Failure> = {}): Failure => ({
  ...{ kind, scope: 'account', retryAfterMillis: null, sent: true, retries: 0 },
  ...rest,
});
const after = (given: Failure) => afterFailure(given, BACKOFF, 0);

describe('what follows a failure', () => {
  it('gives up at once on what only people can mend', () => {
    expect(after(failure('invalid'))).toEqual({ to: 'failed', outcome: 'refused' });
    expect(after(failure('permission'))).toEqual({ to: 'failed', outcome: 'refused' });
  });

  it('doubts a write without an answer, but not a look without one', () => {
    expect(after(failure('ambiguous'))).toEqual({
      ...{ to: 'unknown', outcome: 'unknown', waitMillis: 1000 },
    });
    expect(after(failure('ambiguous', { sent: false })).to).toBe('pending');
  });

  it('tries a passing failure again, later each time, until a person has to look', () => {
    expect([0, 1, 2, 6].map((retries) => after(failure('transient', { retries })))).toEqual(
      [1000, 2000, 4000, 30_000].map((waitMillis) => ({
        ...{ to: 'pending', outcome: 'not_applied', waitMillis, scope: 'object' },
        blockedBy: 'execution.platform_unavailable',
      })),
    );
    expect(after(failure('transient', { retries: 6 })).to).toBe('pending');
    expect(after(failure('transient', { retries: 7 })).to).toBe('dead');
    expect(after(failure('transient', { retries: 99, sent: false })).to).toBe('pending');
  });

  it('lets the whole account wait when the failure is its own, burning no try', () => {
    expect(after(failure('throttled', { retryAfterMillis: 7000, retries: 99 }))).toEqual({
      ...{ to: 'pending', outcome: 'not_applied', waitMillis: 7000, scope: 'account' },
      blockedBy: 'execution.throttled',
    });
    expect(after(failure('auth')).to).toBe('pending');
  });

  it("takes the platform's own waiting time over a shorter one of ours", () => {
    const next = after(failure('transient', { retryAfterMillis: 90_000 }));
    expect(next).toMatchObject({ waitMillis: 90_000 });
  });

  it('jitters between one millisecond and the ceiling', () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (exponent, chance) => {
          const wait = fullJitter(exponent, BACKOFF, chance);
          expect(wait).toBeGreaterThanOrEqual(1);
          expect(wait).toBeLessThanOrEqual(Math.min(30_000, 1000 * 2 ** exponent));
        },
      ),
    );
  });
});

describe('what follows a look', () => {
  it('believes success only when the object shows it', () => {
    expect(afterReadBack(12, 10, 12)).toEqual({
      to: 'completed',
      outcome: 'completed',
      detail: null,
    });
    expect(afterReadBack(12, 10, 10)).toMatchObject({ to: 'failed', outcome: 'no_effect' });
    const third = {
      to: 'failed',
      outcome: 'drift',
      detail: expect.stringContaining('third value'),
    };
    expect(afterReadBack(12, 10, 11)).toEqual(third);
    expect(afterReadBack('paused', 'active', 'archived')).toEqual(third);
  });

  it('settles a doubt by what is there, not before the platform had its time', () => {
    const doubt = { requested: 12, before: 10, seen: 10, ageMillis: 15_000, retries: 0 };
    expect(afterLook({ ...doubt, seen: 12, ageMillis: 0 }).to).toBe('completed');
    expect(afterLook({ ...doubt, ageMillis: 5000 })).toEqual({
      to: 'unknown',
      waitMillis: 10_000,
    });
    expect(afterLook(doubt)).toEqual({ to: 'pending', outcome: 'not_applied' });
    expect(afterLook({ ...doubt, retries: 7 })).toEqual({ to: 'dead', outcome: 'not_applied' });
    expect(afterLook({ ...doubt, seen: 11 })).toEqual({ to: 'blocked', outcome: 'drift' });
  });
});
