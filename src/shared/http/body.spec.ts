import { describe, expect, it } from '@jest/globals';
import { parseForm, parseJson, parseMultipart } from './body.js';
import { Unholdable } from './unholdable.js';

const malformed = expect.objectContaining({ code: 'request.malformed' });

describe('JSON', () => {
  it('may begin with a byte order mark, and may be nothing', () => {
    expect(parseJson('\ufeff{"a": 1}')).toEqual({ a: 1 });
    expect(parseJson(' \n')).toBeUndefined();
  });

  it.each([
    ['a name', '{"__proto__": {"admin": true}}'],
    ['a name in escapes', '{"\\u005f_proto__": {"admin": true}}'],
    ['any letter of it in escapes', '{"a": [{"__\\u0070roto__": 1}]}'],
    ['U+0000', '{"a": ["x\\u0000"]}'],
    ['half a character', '{"a": "\\ud83d"}'],
    ['101 levels', '['.repeat(101) + ']'.repeat(101)],
  ])('with %s that nothing can hold is refused', (_, text) => {
    expect(() => parseJson(text)).toThrow(malformed);
  });

  it('names the place of the fault', () => {
    expect(() => parseJson('{"a": [{"b~": "x\\u0000"}]}')).toThrow(
      expect.objectContaining({
        extras: { errors: [expect.objectContaining({ pointer: '/a/0/b~0' })] },
      }),
    );
  });

  it('sets aside the items of the named lists alone', () => {
    const text = '{"a": ["x\\u0000", {"b": 1}], "c": ["x"]}';
    expect(parseJson(text, ['a'])).toEqual({
      a: [new Unholdable('/a/0', expect.stringContaining('U+0000') as never), { b: 1 }],
      c: ['x'],
    });
    for (const other of [text, text.replace('"x"', '"\\ud800"')]) {
      expect(() => parseJson(other, ['c'])).toThrow(malformed);
    }
  });

  it.each([
    ['numbers', `[${'1,'.repeat(2_600_000)}1]`],
    ['objects', `["__proto__",${'{"a":1},'.repeat(650_000)}1]`],
  ])('of millions of %s is refused before it is parsed', (_, text) => {
    const began = performance.now();
    expect(() => parseJson(text)).toThrow(
      expect.objectContaining({ status: 413, code: 'request.too_many_values' }),
    );
    expect(performance.now() - began).toBeLessThan(300);
  });
});

describe('many names', () => {
  const names = (count: number) =>
    Array.from({ length: count }, (_, index) => `"k${index}":{"a":[1,2]}`).join(',');

  it('in one object are refused before they are parsed, at any depth', () => {
    for (const text of [`{${names(240_000 / 4)}}`, `{"a":[1,{"b":{${names(5001)}},"c":2}]}`]) {
      const began = performance.now();
      expect(() => parseJson(text)).toThrow(
        expect.objectContaining({ status: 413, code: 'request.too_many_values' }),
      );
      expect(performance.now() - began).toBeLessThan(300);
    }
    const most = `{${names(2500)},"b":{${names(2500)}},"c":[${'1,'.repeat(9000)}1]}`;
    expect(Object.keys(parseJson(most) as object)).toHaveLength(2502);
  });

  it('in deep places cost no copies of their paths', () => {
    const depth = 90;
    const row = `[${'"\\u0041",'.repeat(200_000)}"\\u0000"]`;
    const text = `${'{"a":'.repeat(depth)}${row}${'}'.repeat(depth)}`;
    const began = performance.now();
    expect(() => parseJson(text)).toThrow(malformed);
    expect(performance.now() - began).toBeLessThan(300);
  });
});

describe('a form', () => {
  it('makes lists of repeated fields', () => {
    expect(parseForm('a=1&b=2&a=3&a=%C3%A4')).toEqual({ a: ['1', '3', 'ä'], b: '2' });
    expect(parseForm('toString=1')).toEqual({ toString: '1' });
  });

  it('of more fields than anybody needs is refused at once', () => {
    const text = Array.from({ length: 650_000 }, (_, index) => `k${index}=`).join('&');
    const part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n';
    const parts = Buffer.from(part.repeat(50_000));
    const began = performance.now();
    expect(() => parseForm(text)).toThrow(malformed);
    expect(() => parseMultipart(parts, 'multipart/form-data; boundary=x')).toThrow(malformed);
    expect(performance.now() - began).toBeLessThan(300);
  });

  it('of a thousand fields takes no time', () => {
    const text = Array.from({ length: 1000 }, (_, index) => `data[${index}]={}`).join('&');
    expect(Object.keys(parseForm(text))).toHaveLength(1000);
  });
});
