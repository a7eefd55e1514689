import { describe, expect, it } from '@jest/globals';
import { fundsVerdict, type DecisionFunds } from './decision-funds.js';

const funds = (extra: Partial<DecisionFunds> = {}): DecisionFunds => ({
  ...{ grantedMinor: 0, freedMinor: 0, usedMinor: 0, openReductions: 0, waitMillis: 0 },
  ...extra,
});

describe('the money of an increase', () => {
  it('is free once reductions of the same decision have paid for it', () => {
    expect(fundsVerdict(500, funds({ freedMinor: 500 }))).toEqual({ kind: 'allowed' });
    expect(fundsVerdict(501, funds({ freedMinor: 500 })).kind).toBe('blocked');
  });

  it('may come from what the decision adds to the whole', () => {
    expect(fundsVerdict(300, funds({ grantedMinor: 200, freedMinor: 100 })).kind).toBe('allowed');
  });

  it('is spent once', () => {
    const spent = funds({ freedMinor: 500, usedMinor: 400 });
    expect(fundsVerdict(100, spent).kind).toBe('allowed');
    expect(fundsVerdict(101, spent).kind).toBe('blocked');
  });

  it('is waited for while a reduction may still happen, at least a quarter of a second', () => {
    const verdict = fundsVerdict(500, funds({ freedMinor: 100, openReductions: 1 }));
    expect(verdict).toMatchObject({
      kind: 'deferred',
      code: 'execution.awaits_reductions',
      waitMillis: 250,
    });
    const later = fundsVerdict(500, funds({ openReductions: 1, waitMillis: 7000 }));
    expect(later).toMatchObject({ waitMillis: 7000 });
    const person = fundsVerdict(500, funds({ openReductions: 1, waitMillis: null }));
    expect(person).toMatchObject({ waitMillis: 60_000 });
  });

  it('is never needed for a change that adds nothing', () => {
    expect(fundsVerdict(0, funds({ usedMinor: 900 })).kind).toBe('allowed');
    expect(fundsVerdict(-5, funds({ usedMinor: 900 })).kind).toBe('allowed');
  });
});
