import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonPieces } from './json-pieces.js';
import { finished } from './steps.js';

const text = (value: object) => Buffer.concat(finished(jsonPieces(value))).toString('utf8');

describe('JSON in pieces', () => {
  it('is what it is at once, to the byte', () => {
    const long = fc.array(fc.jsonValue(), { minLength: 60, maxLength: 140, size: 'max' });
    const value = fc.dictionary(
      fc.string(),
      fc.oneof(fc.jsonValue(), long, fc.constant(undefined)),
    );
    fc.assert(
      fc.property(value, (one) =>
        expect(text({ inner: one })).toBe(JSON.stringify({ inner: one })),
      ),
    );
    const odd = { at: new Date(0), none: undefined, list: [undefined, NaN], empty: {}, 'é"': '😀' };
    expect(text(odd)).toBe(JSON.stringify(odd));
  });

  it('comes in many steps and many pieces of bounded size', () => {
    const value = {
      items: Array.from({ length: 5000 }, (_, id) => ({ id, text: 'ü'.repeat(200) })),
    };
    let steps = 0;
    const pieces = jsonPieces(value);
    let next = pieces.next();
    for (; !next.done; next = pieces.next()) steps += 1;
    expect(steps).toBeGreaterThan(50);
    expect(next.value.length).toBeGreaterThan(10);
    expect(Math.max(...next.value.map((piece) => piece.length))).toBeLessThan(300_000);
    expect(Buffer.concat(next.value).equals(Buffer.from(JSON.stringify(value)))).toBe(true);
  });
});
