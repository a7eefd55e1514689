import { describe, expect, it } from '@jest/globals';
import { AccountTurns } from './account-turns.js';

describe('AccountTurns', () => {
  it('keeps the order within an account, lets others pass, and survives a failure', async () => {
    const turns = new AccountTurns();
    const order: string[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const first = turns.take('a', async () => {
      await gate;
      order.push('a1');
      throw new Error('a1 fails');
    });
    const second = turns.take('a', () => Promise.resolve(order.push('a2')));
    await turns.take('b', () => Promise.resolve(order.push('b1')));
    release();
    await expect(first).rejects.toThrow('a1 fails');
    await second;
    expect(order).toEqual(['b1', 'a1', 'a2']);
  });
});
