import { describe, expect, it } from '@jest/globals';
import { accountIdOf, demoOptions } from './demo-options.js';

describe('demoOptions', () => {
  it('fast-forwards two weeks of a shop unless told otherwise', () => {
    expect(demoOptions([])).toEqual({
      kind: 'fast-forward',
      world: 'ecom',
      days: 14,
      seed: 14,
      seeds: 24,
    });
    expect(demoOptions(['--world', 'kag', '--days', '3', '--seed', '7', '--seeds', '2'])).toEqual({
      kind: 'fast-forward',
      world: 'kag',
      days: 3,
      seed: 7,
      seeds: 2,
    });
  });

  it('reads a real export with its account', () => {
    expect(
      demoOptions(['--input', 'a.csv', '--currency', 'eur', '--daily-budget', '12.5']),
    ).toEqual({
      kind: 'input',
      file: 'a.csv',
      accountId: null,
      currency: 'EUR',
      dailyBudget: 12.5,
    });
  });

  it.each([
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['--world', 'mars'], '--world is one of ecom, service, kag'],
    [['--days', '0'], '--days must be a whole number from 1 to 90'],
    [['file.csv'], 'Unexpected argument: file.csv'],
    [['--account', 'a'], '--account only goes with --input'],
    [['--input', 'a.csv', '--seed', '2'], '--seed does not go with --input'],
    [['--input', 'a.csv', '--daily-budget', '-3'], expect.stringContaining('--daily-budget')],
  ])('answers %j with what is wrong', (args, usage) => {
    expect(demoOptions(args as string[])).toEqual({ usage });
  });
});

describe('accountIdOf', () => {
  it('makes an id of a file name', () => {
    expect(accountIdOf('/tmp/My Export (3).csv')).toBe('demo-input-my-export-3');
    expect(accountIdOf('C:\\data\\kag.csv')).toBe('demo-input-kag');
    expect(accountIdOf('???.csv')).toBe('demo-input-export');
  });
});
