import { describe, expect, it } from '@jest/globals';
import { boundaryOf, multipartFields } from './multipart.js';

const FIELDS_MAX = 100;

function bodyOf(boundary: string, fields: [string, string][], end = '--\r\n'): Buffer {
  const parts = fields.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return Buffer.from(`${parts.join('')}--${boundary}${end}`);
}

const many = (count: number) =>
  Array.from({ length: count }, (_, index): [string, string] => [`k${index}`, 'x']);

describe('the boundary of a form in parts', () => {
  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['multipart/form-data; charset=utf-8; BOUNDARY="a b"', 'a b'],
    ['multipart/form-data; xboundary=no; boundary=yes', 'yes'],
    ['multipart/form-data; x="; boundary=no"; boundary=yes', 'yes'],
    ['multipart/form-data; boundary="a\\-b"', 'a-b'],
    ['multipart/form-data; xboundary=no', null],
    ['multipart/form-data; boundary=', null],
    ['multipart/form-data', null],
  ])('is the parameter of that name: %s', (type, boundary) => {
    expect(boundaryOf(type)).toBe(boundary);
  });
});

describe('a form in parts', () => {
  it('is its fields in their order', () => {
    const fields: [string, string][] = [
      ['data', '[{"ä": "\r\n--x"}]'],
      ['data', ''],
      ['test_event_code', 'TEST1'],
    ];
    const type = 'multipart/form-data; boundary=xx';
    expect(multipartFields(bodyOf('xx', fields), type, FIELDS_MAX)).toEqual(fields);
    const preamble = Buffer.concat([Buffer.from('hello\r\n'), bodyOf('xx', fields)]);
    expect(multipartFields(preamble, type, FIELDS_MAX)).toEqual(fields);
    expect(multipartFields(Buffer.from('--xx--'), type, FIELDS_MAX)).toEqual([]);
  });

  it.each([
    ['plain', 'multipart/form-data; boundary=x'],
    ['quoted', 'multipart/form-data; boundary="x"'],
    ['behind another', 'multipart/form-data; xboundary=zzz; boundary=x'],
    ['behind a text that looks like it', 'multipart/form-data; a="boundary=zzz"; boundary=x'],
    ['with an escape', 'multipart/form-data; boundary="\\x"'],
  ])('is counted while it is read, with a boundary %s', (_, type) => {
    expect(multipartFields(bodyOf('x', many(FIELDS_MAX)), type, FIELDS_MAX)).toHaveLength(100);
    const body = bodyOf('x', many(80_000));
    const began = performance.now();
    expect(multipartFields(body, type, FIELDS_MAX)).toBe('too many fields');
    expect(performance.now() - began).toBeLessThan(300);
  });

  it('that does not end, has no name or a file is none', () => {
    const type = 'multipart/form-data; boundary=x';
    const of = (text: string) => multipartFields(Buffer.from(text), type, FIELDS_MAX);
    expect(of('')).toBe('malformed');
    expect(of('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1')).toBe('malformed');
    expect(of('--x\r\nContent-Type: text/plain\r\n\r\n1\r\n--x--')).toBe('malformed');
    expect(
      of('--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n1\r\n--x--'),
    ).toBe('file');
  });
});
