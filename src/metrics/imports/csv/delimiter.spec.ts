import { describe, expect, it } from '@jest/globals';
import { detectShape } from './delimiter.js';

const plain = { headerAt: 0, headerLine: 1 };

describe('detectShape', () => {
  it('finds comma, semicolon and tab in the header line', () => {
    expect(detectShape('a,b\n1;2;3;4\n')).toEqual({ ...plain, delimiter: ',' });
    expect(detectShape('a;b\r\n1,2,3\r\n')).toEqual({ ...plain, delimiter: ';' });
    expect(detectShape('a\tb')).toEqual({ ...plain, delimiter: '\t' });
  });

  it('does not count delimiters inside quotes, quoted line breaks included', () => {
    const header = '"CPM (cost, per; 1,000)";"two\nlines, here"\nx,y,z,1,2,3';
    expect(detectShape(header)).toEqual({ ...plain, delimiter: ';' });
  });

  it('prefers the delimiter that names seldom hold when the counts are equal', () => {
    expect(detectShape('Name;CPM (cost per 1,000)\n')).toEqual({ ...plain, delimiter: ';' });
  });

  it('takes the delimiter that Excel declares and starts below that line', () => {
    expect(detectShape('sep=;\r\na,b,c;d\r\n')).toEqual({
      delimiter: ';',
      headerAt: 7,
      headerLine: 2,
    });
    expect(detectShape('"sep=\t"\na\n')).toMatchObject({ delimiter: '\t', headerAt: 8 });
  });

  it('sees lines that end with a carriage return alone', () => {
    expect(detectShape('a,b\r1,2\r')).toEqual({ ...plain, delimiter: ',' });
  });

  it('falls back to the comma for a header of one column and for no text at all', () => {
    expect([detectShape('name\n').delimiter, detectShape('').delimiter]).toEqual([',', ',']);
  });

  it('passes over blank lines above the header', () => {
    expect(detectShape('\n\n  \na;b\n')).toEqual({ ...plain, delimiter: ';' });
  });
});
