import { describe, expect, it } from '@jest/globals';
import { importOptions } from './import-options.js';
import { importSummary, sumsLine } from './import-summary.js';

describe('importOptions', () => {
  it('reads the file and where it goes', () => {
    expect(importOptions(['a.csv', '--account', 'shop', '--currency', 'usd', '--dry-run'])).toEqual(
      {
        file: 'a.csv',
        accountId: 'shop',
        kind: 'ads',
        currency: 'USD',
        dryRun: true,
      },
    );
  });

  it.each([
    [[], 'Which file?'],
    [['a.csv'], 'Which account?'],
    [['a.csv', 'b.csv', '--account', 'shop'], 'One file at a time.'],
    [['a.csv', '--account', 'shop', '--kind', 'posts'], '--kind is ads or content.'],
    [['a.csv', '--account', 'shop', '--speed'], "Unknown option '--speed'"],
  ])('answers %j with what is missing', (args, usage) => {
    expect(importOptions(args as string[])).toEqual({ usage: expect.stringContaining(usage) });
  });
});

describe('importSummary', () => {
  const report = {
    dry_run: false,
    layout: 'kag',
    level: 'ad',
    grain: 'total' as const,
    columns: { adId: 'ad_id' },
    warnings: ['clicks are all clicks'],
    rows: 1143,
    new_ads: 3,
    accepted: 1000,
    duplicates: 143,
    skipped: 1,
    rejected_rows: 12,
    rejected: Array.from({ length: 12 }, (_, index) => ({
      line: index + 2,
      code: 'imports.bad_row',
      detail: 'the clicks are no number',
    })),
  };

  it('tells what was read, kept, known and refused', () => {
    const lines = importSummary(report);
    expect(lines[0]).toBe(
      'Layout      KAG layout (ad_id, xyz_campaign_id, …); rows are ads; totals without days.',
    );
    expect(lines).toContain(
      'Rows        1,143 read: 3 new ads, 1,000 snapshots kept, 143 known already.',
    );
    expect(lines).toContain('            line 2: the clicks are no number');
    expect(lines).toContain('            and 2 more rows');
    expect(lines.at(-1)).toBe('Warning     clicks are all clicks');
  });

  it('says that a dry run stored nothing', () => {
    expect(importSummary({ ...report, dry_run: true })[2]).toContain('nothing was stored');
  });
});

describe('sumsLine', () => {
  it('never tells a zero where nothing is known', () => {
    const sums = { ads: 1, campaigns: 1, impressions: 5, clicks: 0, spend: 1.5 };
    expect(sumsLine('a', 'USD', { ...sums, leads: null, conversions: 0, revenue: null })).toBe(
      'Account "a" now holds 1 ad in 1 campaign: 5 impressions, 0 clicks, 1.50 USD spent; ' +
        'leads: not known; conversions: 0; revenue: not known.',
    );
  });
});
