import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CsvRecords, RECORD_BYTES_MAX, type CsvRecord } from './csv-records.js';

async function readAll(text: string, size = text.length || 1, line = 1): Promise<CsvRecord[]> {
  const records = new CsvRecords(',', line);
  const read: CsvRecord[] = [];
  for (let at = 0; at < text.length; at += size) {
    read.push(...(await records.push(text.slice(at, at + size))));
    const last = read.at(-1);
    if (last && 'last' in last && last.last) return read;
  }
  return [...read, ...(await records.end())];
}

const cell = fc
  .array(fc.constantFrom('a', 'ü', ' ', '"', ',', '\n', '1'), { maxLength: 6 })
  .map((pieces) => pieces.join(''));

/** RFC 4180, written independently of any reader. */
function written(rows: string[][], lineBreak: string): string {
  const quoted = (text: string): string =>
    `"${text.replaceAll('"', '""').replaceAll('\n', lineBreak)}"`;
  const one = (text: string): string => (/[",\n]/.test(text) ? quoted(text) : text);
  return rows.map((row) => row.map(one).join(',') + lineBreak).join('');
}

describe('CsvRecords', () => {
  it('reads back what was written, each record with its physical line, in pieces of any size', async () => {
    const rows = fc.array(fc.tuple(fc.constant('id'), cell, cell, cell), { maxLength: 8 });
    const breaks = fc.constantFrom('\n', '\r\n', '\r');
    await fc.assert(
      fc.asyncProperty(rows, breaks, fc.integer({ min: 1, max: 9 }), async (table, end, size) => {
        const expected = table.map((fields, at) => {
          const before = written(table.slice(0, at), '\n');
          return { line: before.split('\n').length, fields: [...fields] };
        });
        expect(await readAll(written(table, end), size)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('counts lines across quoted line breaks and blank lines, from the line it is told', async () => {
    const text = 'a,b\r\n"1\r\nx\r\ny",2\r\n\r\n \r\n3,4\n"5\nz",6\n7,8';
    for (const size of [1, 2, 3, 100]) {
      expect(await readAll(text, size, 2)).toEqual([
        { line: 2, fields: ['a', 'b'] },
        { line: 3, fields: ['1\nx\ny', '2'] },
        { line: 8, fields: ['3', '4'] },
        { line: 9, fields: ['5\nz', '6'] },
        { line: 11, fields: ['7', '8'] },
      ]);
    }
  });

  it('tells the lines that make no record and reads on after them', async () => {
    const sound = { line: 7, fields: ['y', '3'] };
    const text = (bad: string): string => `a,b\n\n${bad}\ny,3\n`;
    for (const size of [1, 5, 100]) {
      expect((await readAll(text('Sale 5" screen,1\n"a"b,2\n\nx,"2'), size)).slice(1)).toEqual([
        { line: 3, fault: expect.stringContaining('never closed'), last: true },
      ]);
      expect((await readAll(text('Sale 5" screen,1\n"a"b",2\n\n'), size)).slice(1)).toEqual([
        { line: 3, fault: expect.stringMatching(/^lines 3 to 6 cannot be read: /), last: false },
        sound,
      ]);
      expect((await readAll(text('x,2\nz,4\n"open,1\n"x",2'), size)).slice(1)).toEqual([
        { line: 3, fields: ['x', '2'] },
        { line: 4, fields: ['z', '4'] },
        { line: 5, fault: expect.stringMatching(/^lines 5 to 6 cannot be read: /), last: false },
        sound,
      ]);
    }
  });

  it('tells of unreadable lines at the end of the text, with or without a last line break', async () => {
    const fault = 'lines 2 to 3 cannot be read: text follows a closing quote';
    for (const end of ['', '\n', '\r\n', '\r']) {
      const read = await readAll(`a,b\n"open,1\n"x",2${end}`);
      expect(read.slice(1)).toEqual([{ line: 2, fault, last: false }]);
    }
  });

  it('ends at a record that is too long, without having kept it', async () => {
    const long = 'x'.repeat(RECORD_BYTES_MAX + 10);
    for (const text of [`a,b\n${long}\n1,2\n`, `a,b\n"${long}\n",1\n1,2\n`]) {
      expect((await readAll(text, 50_000)).slice(1)).toEqual([
        { line: 2, fault: expect.stringContaining('longer than'), last: true },
      ]);
    }
  });

  it('takes no other record for the first one when the first is broken', async () => {
    expect(await readAll('a,b"c\n1,2\n')).toEqual([
      { line: 1, fault: expect.stringContaining('a quote is inside'), last: true },
    ]);
  });

  it('finds nothing in an empty text', async () => {
    expect([await readAll(''), await readAll('\n \r\n')]).toEqual([[], []]);
  });
});
