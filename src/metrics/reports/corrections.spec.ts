import { describe, expect, it } from '@jest/globals';
import { eventDigest } from '../events/ad-events.js';
import { correctionEvents, type Correction, type StandingEvent } from './corrections.js';

const digest = eventDigest('order-1');
const standing: StandingEvent = {
  ...{ digest, adId: 'a', clickId: 'k', teller: null, count: 1, valueMinor: 5000 },
  ...{ occurredAt: new Date('2026-10-10T00:00:00Z'), clickedAt: null },
};
const refund = (valueMinor: number | null, more: Partial<Correction> = {}): Correction => ({
  ...{ eventId: 'order-1', teller: 't1', revision: 1, count: 0, valueMinor },
  ...more,
});
const changes = (corrections: Correction[], event: Partial<StandingEvent> = {}) =>
  correctionEvents(corrections, [{ ...standing, ...event }]).map(({ count, valueMinor }) => [
    count,
    valueMinor,
  ]);

describe('corrections', () => {
  it('stand where the event stands, under an id of their own', () => {
    expect(correctionEvents([refund(-2000)], [standing])).toEqual([
      {
        ...{ eventId: `${digest}~t1~1`, adId: 'a', type: 'conversion', count: 0 },
        ...{ valueMinor: -2000, stage: null, occurredAt: standing.occurredAt, clickId: 'k' },
        ...{ clickedAt: null, features: null },
      },
    ]);
  });

  it('never take more than is there, and a cancelled event’s whole value', () => {
    expect(changes([refund(-9000), refund(-1), refund(300)])).toEqual([
      [0, -5000],
      [0, 300],
    ]);
    expect(changes([refund(-10, { count: -1 }), refund(-10), refund(10)])).toEqual([[-1, -5000]]);
    expect(changes([refund(-7000, { count: -1 })], { count: 3 })).toEqual([[-1, -5000]]);
  });

  it('leave a value unknown that nobody knew', () => {
    const unknown = { valueMinor: null };
    expect(changes([refund(-10)], unknown)).toEqual([]);
    expect(changes([refund(-10, { count: -1 })], unknown)).toEqual([[-1, null]]);
  });

  it('are told by one teller, and of known events only', () => {
    const other = { teller: 't2' };
    expect(changes([refund(-10), refund(-10, other)])).toEqual([[0, -10]]);
    expect(changes([refund(-10)], other)).toEqual([]);
    expect(changes([refund(-10, { eventId: 'order-2' })])).toEqual([]);
  });
});
