import { describe, expect, it } from '@jest/globals';
import { tokenInside } from './meta-token.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const FORM = 'application/x-www-form-urlencoded';
const json = (value: unknown) => tokenInside(Buffer.from(JSON.stringify(value)), JSON_TYPE);

describe('the token inside of an unparsed body', () => {
  it('is found behind the events of a JSON body, and only in its outermost object', () => {
    const data = [
      { custom_data: { access_token: 'theirs', note: 'a "quote\\' } },
      ['access_token'],
    ];
    expect(json({ data, access_token: 'lg.a.b.c' })).toBe('lg.a.b.c');
    expect(json({ access_token: 'lg.a.b.c', data })).toBe('lg.a.b.c');
    expect(json({ data })).toBeNull();
    expect(json({ name: 'access_token', access_token: 'lg.a.b.c' })).toBe('lg.a.b.c');
    expect(json({ access_token: 7 })).toBeNull();
  });

  it('is found in a form, wherever it stands, decoded', () => {
    const form = (text: string) => tokenInside(Buffer.from(text), FORM);
    expect(form('data=%5B%5D&access_token=lg.a%2Eb.c')).toBe('lg.a.b.c');
    expect(form('access_token=lg.a.b.c&data=x')).toBe('lg.a.b.c');
    expect(form('my_access_token=no&data=x')).toBeNull();
  });

  it('is found in the parts of a multipart body', async () => {
    const fields = new FormData();
    fields.set('data', '[{}]');
    fields.set('access_token', 'lg.a.b.c');
    const response = new Response(fields);
    const body = Buffer.from(await response.clone().arrayBuffer());
    expect(tokenInside(body, response.headers.get('content-type') ?? '')).toBe('lg.a.b.c');
  });

  it('costs one pass, also where quotes and backslashes never end', () => {
    const hostile = ['{"'.repeat(2_500_000), `"${'\\"'.repeat(2_500_000)}`, '"access_token"'];
    const began = performance.now();
    for (const text of hostile) {
      expect(tokenInside(Buffer.from(text), JSON_TYPE)).toBeNull();
    }
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
