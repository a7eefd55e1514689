import { describe, expect, it } from '@jest/globals';
import { accountsResult, forEachAccount } from './for-each-account.js';

const accounts = ['a', 'b', 'c'].map((accountId) => ({ accountId }));
const never = new AbortController().signal;

describe('a loop over accounts', () => {
  it('goes on after the account that fails and tells its fault by name', async () => {
    const seen: string[] = [];
    const done = await forEachAccount(accounts, never, async ({ accountId }) => {
      await Promise.resolve();
      if (accountId !== 'b') seen.push(accountId);
      else throw new Error('the token is dead');
    });
    expect(seen).toEqual(['a', 'c']);
    expect(accountsResult({ ads: 3 }, done)).toEqual({
      counts: { ads: 3, failed: 1 },
      fault: new Error('account b: the token is dead'),
      failures: [{ account_id: 'b', error: 'the token is dead' }],
    });
  });

  it('fails as a whole only when no account succeeded', async () => {
    const done = await forEachAccount(accounts, never, () => Promise.reject(new Error('no')));
    expect(() => accountsResult({}, done)).toThrow('account a: no (and 2 more accounts)');
    expect(accountsResult({}, await forEachAccount([], never, () => Promise.resolve()))).toEqual({
      counts: {},
    });
  });

  it('ends where the database cannot be had: that is no account of all', async () => {
    const seen: string[] = [];
    const lost = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const run = forEachAccount(accounts, never, ({ accountId }) => {
      seen.push(accountId);
      return Promise.reject(lost);
    });
    await expect(run).rejects.toBe(lost);
    expect(seen).toEqual(['a']);
  });

  it('ends with the reason of its signal, whatever the account threw by then', async () => {
    const abort = new AbortController();
    const run = forEachAccount(accounts, abort.signal, () => {
      abort.abort(new Error('stopped'));
      return Promise.reject(new Error('an echo'));
    });
    await expect(run).rejects.toThrow('stopped');
  });
});
