import { describe, expect, it } from '@jest/globals';
import { Id, Instant, Money, Nullable, OneOf, Type, compileCheck } from './schema.js';
import { readCursor, toPage } from './pagination.js';

const check = compileCheck(
  Type.Object({
    id: Id('x'),
    at: Type.Optional(Nullable(Instant('x'))),
    kind: OneOf(['a', 'b'] as const),
    list: Type.Optional(Type.Array(Type.Object({ 'a/b~c': Money('x') }))),
  }),
);

describe('a check', () => {
  it('names every fault by RFC 6901 pointer, in words', () => {
    expect(check({ id: '', at: 'today', list: [{ 'a/b~c': -1 }, {}] })).toEqual([
      { pointer: '/kind', detail: 'is required' },
      { pointer: '/id', detail: 'must NOT have fewer than 1 characters' },
      { pointer: '/at', detail: 'must be an ISO 8601 time with zone, e.g. 2026-11-22T08:00:00Z' },
      { pointer: '/list/0/a~1b~0c', detail: 'must be >= 0' },
      { pointer: '/list/1/a~1b~0c', detail: 'is required' },
    ]);
  });

  it('takes null where it may be and refuses infinite numbers', () => {
    expect(check({ id: 'x', at: null, kind: 'a' })).toEqual([]);
    expect(check({ id: 'x', kind: 'a', list: [{ 'a/b~c': Infinity }] })).toEqual([
      { pointer: '/list/0/a~1b~0c', detail: 'must be <= 1000000000000' },
    ]);
  });
});

describe('a cursor', () => {
  it('brings back the sort key of the last row shown', () => {
    const rows = [1, 2, 3].map((id) => ({ id }));
    const page = toPage(
      rows,
      2,
      ({ id }) => [String(id)],
      ({ id }) => id,
    );
    expect(page.items).toEqual([1, 2]);
    expect(readCursor(page.next_cursor ?? undefined, 1)).toEqual(['2']);
    expect(
      toPage(
        rows,
        3,
        ({ id }) => [String(id)],
        ({ id }) => id,
      ).next_cursor,
    ).toBeNull();
  });

  it('comes early where the items are long, and every item is on one page', () => {
    const rows = [1, 700_000, 500_000, 500_000, 3_000_000, 1, 1].map((length, id) => ({
      id,
      text: 'é'.repeat(length / 2),
    }));
    const pages: number[][] = [];
    for (let from = 0; from < rows.length; from += pages.at(-1)!.length) {
      const page = toPage(
        rows.slice(from, from + 201),
        200,
        ({ id }) => [String(id)],
        (row) => row,
      );
      pages.push(page.items.map(({ id }) => id));
      const last = page.next_cursor === null ? null : readCursor(page.next_cursor, 1);
      const isLast = from + page.items.length === rows.length;
      expect(last).toEqual(isLast ? null : [String(page.items.at(-1)!.id)]);
    }
    expect(pages).toEqual([[0, 1], [2, 3], [4], [5, 6]]);
  });

  it('of another list or of nobody is refused', () => {
    for (const cursor of ['nonsense', Buffer.from('[1]').toString('base64url'), 'W10']) {
      expect(() => readCursor(cursor, 1)).toThrow('The cursor is not one of this list.');
    }
  });
});
