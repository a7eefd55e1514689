import { describe, expect, it } from '@jest/globals';
import { GroupCommit } from './group-commit.js';

const LIMITS = { rowsMax: 3, waitingRowsMax: 6 };

/** A write that ends when told to, and notes what it was given. */
function heldWrites() {
  const written: string[][] = [];
  const ends: (() => void)[] = [];
  const group = new GroupCommit<string, string>(LIMITS, async (_key, requests) => {
    written.push(requests);
    await new Promise<void>((resolve) => ends.push(resolve));
    return requests.map((request) => `kept ${request}`);
  });
  const endNext = async () => {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { group, written, endNext };
}

describe('GroupCommit', () => {
  it('writes a lone request at once and what comes meanwhile together', async () => {
    const { group, written, endNext } = heldWrites();
    const answers = ['a', 'b', 'c'].map((request) => group.add('one', request, 1));
    expect(written).toEqual([['a']]);
    await endNext();
    expect(written).toEqual([['a'], ['b', 'c']]);
    await endNext();
    expect(await Promise.all(answers)).toEqual(['kept a', 'kept b', 'kept c']);
  });

  it('lets different keys write beside each other', () => {
    const { group, written } = heldWrites();
    void group.add('one', 'a', 1);
    void group.add('two', 'b', 1);
    expect(written).toEqual([['a'], ['b']]);
  });

  it('fills a write up to its rows, in the order of asking', async () => {
    const { group, written, endNext } = heldWrites();
    void group.add('one', 'a', 1);
    void group.add('one', 'b', 2);
    void group.add('one', 'c', 2);
    await endNext();
    expect(written[1]).toEqual(['b']);
    await endNext();
    expect(written[2]).toEqual(['c']);
  });

  it('takes a request larger than a write by itself', () => {
    const { group, written } = heldWrites();
    void group.add('one', 'huge', 99);
    expect(written).toEqual([['huge']]);
  });

  it('turns away what would overfill the line, and takes it once there is room', async () => {
    const { group, endNext } = heldWrites();
    void group.add('one', 'a', 3);
    void group.add('one', 'b', 3);
    await expect(group.add('one', 'c', 1)).rejects.toMatchObject({
      status: 503,
      code: 'intake.busy',
    });
    await endNext();
    const late = group.add('one', 'c', 1);
    await endNext();
    await endNext();
    expect(await late).toBe('kept c');
  });

  it('writes one by one after a failure, so that only the culprit fails', async () => {
    const group = new GroupCommit<string, string>(LIMITS, async (_key, requests) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (requests.includes('bad')) throw new Error('refused');
      return requests;
    });
    const first = group.add('one', 'first', 1);
    const [good, bad] = [group.add('one', 'good', 1), group.add('one', 'bad', 1)];
    await expect(bad).rejects.toThrow('refused');
    expect(await Promise.all([first, good])).toEqual(['first', 'good']);
  });
});
