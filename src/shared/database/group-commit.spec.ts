import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../errors.js';
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

/** A request written alone and two behind it, of which one makes its write fail. */
function failingWrites(culprit: string, error: Error) {
  const writes: string[][] = [];
  const commit = new GroupCommit<string, string>(LIMITS, async (_key, requests) => {
    writes.push(requests);
    await new Promise((resolve) => setImmediate(resolve));
    if (requests.includes(culprit)) throw error;
    return requests;
  });
  const first = commit.add('one', 'first', 1);
  const [good, bad] = [commit.add('one', 'good', 1), commit.add('one', 'bad', 1)];
  return { group: { writes }, answers: { first, good, bad } };
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

  it.each([
    ['a rule', new DomainError(422, 'test.refused', 'refused')],
    ['a value', Object.assign(new Error('refused'), { code: '22P05' })],
    ['a constraint', Object.assign(new Error('refused'), { code: '23514' })],
    ['our own code', new TypeError('refused')],
  ])('writes one by one after one broke %s, so that only it fails', async (_what, error) => {
    const { group, answers } = failingWrites('bad', error);
    await expect(answers.bad).rejects.toBe(error);
    expect(await Promise.all([answers.first, answers.good])).toEqual(['first', 'good']);
    expect(group.writes).toEqual([['first'], ['good', 'bad'], ['good'], ['bad']]);
  });

  it.each([
    ['no connection', new Error('timeout exceeded when trying to connect')],
    ['a restart', Object.assign(new Error('terminating connection'), { code: '57P01' })],
    ['a time-out', Object.assign(new Error('canceling statement'), { code: '57014' })],
    ['a full disk', Object.assign(new Error('could not extend file'), { code: '53100' })],
  ])('fails the whole write at once on %s', async (_what, error) => {
    const { group, answers } = failingWrites('bad', error);
    await Promise.all([
      expect(answers.good).rejects.toBe(error),
      expect(answers.bad).rejects.toBe(error),
    ]);
    expect(await answers.first).toBe('first');
    expect(group.writes).toEqual([['first'], ['good', 'bad']]);
  });
});
