import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAdsCsv, type AdsCsvItem } from './read-ads-csv.js';

async function read(file: string | Uint8Array, size = 64, currency = 'USD'): Promise<AdsCsvItem[]> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const items: AdsCsvItem[] = [];
  for await (const item of readAdsCsv(pieces(), { currency })) items.push(item);
  return items;
}

/** The items in one line each: what matters in most of these tests. */
function brief(items: AdsCsvItem[]): string[] {
  return items.map((item) => {
    if (item.kind === 'header') return `${item.line} header`;
    if (item.kind === 'skipped') return `${item.line} skipped: ${item.reason}`;
    if (item.kind === 'warning') return `${item.line} warning: ${item.detail}`;
    if (item.kind === 'fault') return `${item.line} ${item.scope} fault: ${item.detail}`;
    const { adId, date, impressions, clicks, spendMinor } = item.row;
    return `${item.line} ${adId} ${date ?? 'total'} ${impressions}/${clicks}/${spendMinor}`;
  });
}

const HEADER = 'Ad ID,Ad name,Impressions,Link clicks,Amount spent (USD),Purchases';
const FILE = [
  HEADER,
  '11,"Video, ""one""","1,234",5,"$1,012.50",1',
  '12,"two\r\nlines",100,5,2.00,0',
  ',Results from 3 ads,1334,10,1014.50,1',
  '13,bad,many,5,2.00,0',
  '14,last,7,0,0.01,',
  '',
].join('\r\n');
const READ = [
  '1 header',
  '2 11 total 1234/5/101250',
  '3 12 total 100/5/200',
  '5 skipped: totals row',
  '6 row fault: Impressions "many" is not a number',
  '7 14 total 7/0/1',
];

describe('readAdsCsv', () => {
  it('reads rows with their lines, skips the totals and goes on after a bad row', async () => {
    for (const size of [1, 7, 1e6]) expect(brief(await read(FILE, size))).toEqual(READ);
  });

  it('reads the same file as UTF-8 with a mark, as UTF-16 and with tabs or semicolons', async () => {
    const utf16 = Buffer.from(`\uFEFF${FILE}`, 'utf16le');
    const files = [
      Buffer.from(`\uFEFF${FILE}`),
      utf16,
      Buffer.from(utf16).swap16(),
      Buffer.from(FILE, 'utf16le'),
    ];
    for (const file of files) expect(brief(await read(file, 11))).toEqual(READ);
    const cells = /,(?=(?:[^"]*"[^"]*")*[^"]*$)/g;
    expect(brief(await read(FILE.replace(cells, ';')))).toEqual(READ);
    expect(brief(await read(FILE.replace(cells, '\t')))).toEqual(READ);
    const declared = READ.map((line) => line.replace(/^\d+/, (number) => `${Number(number) + 1}`));
    expect(brief(await read(`sep=;\r\n${FILE.replace(cells, ';')}`))).toEqual(declared);
  });

  it('reads continental numbers in a semicolon file', async () => {
    const rows = ['1;a;1.234;5;1.012,50;1', '2;b;12;0;1,234;0', '3;c;9;0;12,5;0'];
    const items = await read([HEADER.replaceAll(',', ';'), ...rows].join('\n'));
    expect(brief(items).slice(1)).toEqual([
      '2 1 total 1234/5/101250',
      '3 2 total 12/0/123',
      '4 3 total 9/0/1250',
    ]);
  });

  it('reads days, by a Day column or by periods of one day', async () => {
    const byDay = `Day,${HEADER}\n2025-07-01,1,a,1,1,1,0\n2025-07-02,1,a,2,2,2,0\n,,,3,3,3,0\n`;
    expect(brief(await read(byDay)).slice(1)).toEqual([
      '2 1 2025-07-01 1/1/100',
      '3 1 2025-07-02 2/2/200',
      '4 skipped: totals row',
    ]);
    const byPeriod =
      `Reporting starts,Reporting ends,${HEADER}\n` +
      '2025-07-01,2025-07-02,,,3,3,3,0\n2025-07-01,2025-07-01,1,a,1,1,1,0\n';
    expect(brief(await read(byPeriod)).slice(1)).toEqual([
      '2 skipped: totals row',
      '3 1 2025-07-01 1/1/100',
    ]);
  });

  it('reads the KAG layout, every row an ad of its campaign with its sales and enquiries', async () => {
    const header =
      'ad_id,xyz_campaign_id,fb_campaign_id,age,gender,interest,' +
      'Impressions,Clicks,Spent,Total_Conversion,Approved_Conversion';
    const items = await read(`${header}\n501,9,9001,30-34,M,15,7350,1,1.429999948,2,1\n`);
    expect(items[1]).toEqual({
      kind: 'row',
      line: 2,
      row: {
        entityType: 'ad',
        adId: '501',
        name: null,
        adsetId: null,
        adsetName: null,
        campaignId: '9',
        campaignName: null,
        status: null,
        dailyBudgetMinor: null,
        startedAt: null,
        date: null,
        periodStart: null,
        periodEnd: null,
        attributionSetting: null,
        impressions: 7350,
        clicks: 1,
        spendMinor: 143,
        conversions: 1,
        leads: 2,
        revenueMinor: null,
        creative: { age: '30-34', gender: 'M', interest: '15' },
      },
    });
  });

  it('adds up to the sum of the file when its cents carry the noise of 32-bit floats', async () => {
    const cents = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(cents, async (amounts) => {
        const rows = amounts.map((amount, at) => `${at},n,1,1,${Math.fround(amount / 100)},0`);
        const items = await read([HEADER, ...rows].join('\n'), 1e6);
        const spent = items.map((item) => (item.kind === 'row' ? item.row.spendMinor : 0));
        expect(spent.slice(1)).toEqual(amounts);
      }),
      { numRuns: 40 },
    );
  });

  it('names the lines a stray quote costs and reads on after the quote that closes it', async () => {
    const file = `${HEADER}\n1,"open,1,1,1,0\n2,b,1,1,1,0\n3,"c",1,1,1,0\n4,"d",1,1,1,0\n`;
    expect(brief(await read(file))).toEqual([
      '1 header',
      '2 row fault: lines 2 to 4 cannot be read: text follows a closing quote',
      '5 4 total 1/1/100',
    ]);
  });

  it('ends with a fault where a quote is never closed, for nobody knows what it swallowed', async () => {
    expect(brief(await read(`${HEADER}\n1,a,1,1,1,0\n2,"b,1,1,1,0\n3,c,1,1,1,0\n`))).toEqual([
      '1 header',
      '2 1 total 1/1/100',
      '3 file fault: a quote is opened and never closed',
    ]);
    expect(brief(await read(`Ad ID,Ad "name",Impressions\n1,a,1\n`))).toEqual([
      '1 file fault: the header is unreadable: a quote is inside a cell that does not begin with one',
    ]);
  });

  it('reads the same rows when the source hands the whole file over at once', async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => `${at},n\u{1F600}${at},1,1,1,0`);
    const items = await read([HEADER, ...rows].join('\r\n'), 1e9);
    expect(items).toHaveLength(20_001);
    expect(items.at(-1)).toMatchObject({
      line: 20_001,
      row: { adId: '19999', name: 'n\u{1F600}19999' },
    });
  });

  it('refuses a file without its columns, in another currency, empty, or not text', async () => {
    expect(brief(await read('Ad ID,Reach\n1,2\n'))).toEqual([
      expect.stringMatching(
        /^1 file fault: missing columns: Impressions; .*Seen: "Ad ID", "Reach"$/,
      ),
    ]);
    expect(brief(await read(FILE, 64, 'EUR'))).toEqual([
      '1 file fault: the file is in USD, the account in EUR: amounts are never converted',
    ]);
    expect(brief(await read(FILE, 64, 'QQQ'))).toEqual([
      '1 file fault: the currency QQQ is not known',
    ]);
    for (const empty of ['', '\uFEFF', '\n\r\n']) {
      expect(brief(await read(empty))).toEqual(['1 file fault: the file is empty']);
    }
    expect(brief(await read('PK\u0003\u0004...'))).toEqual([
      expect.stringContaining('1 file fault: this is an Excel workbook'),
    ]);
  });

  it('answers the header alone for a file without rows', async () => {
    const items = await read(HEADER);
    expect(items).toMatchObject([{ kind: 'header', line: 1, detection: { level: 'ad' } }]);
    expect(items).toHaveLength(1);
  });

  it('warns once when the text is windows-1252', async () => {
    const file = Buffer.from(`${HEADER}\n1,Caf\u00e9,1,1,1,0\n`, 'latin1');
    const items = await read(file);
    expect(items.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
    expect(items).toContainEqual(
      expect.objectContaining({ row: expect.objectContaining({ name: 'Café' }) }),
    );
  });

  it('keeps the whole rows before a broken byte and never half a row', async () => {
    const text = `${HEADER}\n1,Übung,1,1,1,0\n2,b,1,1,1,12`;
    const file = Buffer.concat([Buffer.from(text), Buffer.from([0xff]), Buffer.from('345\n')]);
    expect(brief(await read(file))).toEqual([
      '1 header',
      '2 1 total 1/1/100',
      '3 file fault: the text is UTF-8 but holds a byte that is not valid there',
    ]);
  });

  it('stops reading its source when the caller stops', async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from(`${HEADER}\n`);
        for (;;) yield Buffer.from('1,a,1,1,1,0\n'.repeat(10_000));
      } finally {
        closed = true;
      }
    }
    for await (const item of readAdsCsv(endless(), { currency: 'USD' })) {
      if (item.kind === 'row') break;
    }
    expect(closed).toBe(true);
  });
});
