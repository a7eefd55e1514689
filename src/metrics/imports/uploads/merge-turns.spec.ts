import { describe, expect, it } from '@jest/globals';
import { MergeTurns } from './merge-turns.js';

describe('turns of merging', () => {
  it('are one of an account and two in all, in the order of asking', async () => {
    const turns = new MergeTurns();
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const merge = (accountId: string, name: string) =>
      turns.run(accountId, () => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      });
    const all = [merge('a', 'a1'), merge('a', 'a2'), merge('b', 'b1'), merge('c', 'c1')];
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    await settle();
    expect(begun).toEqual(['a1', 'b1']);
    ends.get('b1')?.();
    await settle();
    expect(begun).toEqual(['a1', 'b1', 'c1']);
    ends.get('a1')?.();
    await settle();
    expect(begun).toEqual(['a1', 'b1', 'c1', 'a2']);
    ends.get('a2')?.();
    ends.get('c1')?.();
    await Promise.all(all);
  });

  it('pass on when a merge fails', async () => {
    const turns = new MergeTurns();
    await expect(turns.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turns.run('a', () => Promise.resolve('done'))).toBe('done');
  });
});
