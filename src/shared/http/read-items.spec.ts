import { describe, expect, it } from '@jest/globals';
import { compileCheck, Id, Type } from './schema.js';
import { readItems } from './read-items.js';

const RULES = {
  check: compileCheck(Type.Object({ id: Id('An id.') })),
  room: 'things',
  list: 'of',
};
const ids = (...names: string[]) => names.map((id) => ({ id }));

describe('items', () => {
  it('are rejected one by one, whatever reading one throws', async () => {
    const items = [...ids('a', 'boom', 'bad', 'b'), null, { id: 7 }, { id: 'x'.repeat(30_000) }];
    const { good, rejected } = await readItems<{ id: string }, { name: string }>(
      items,
      RULES,
      ({ id }) => {
        if (id === 'boom') throw new RangeError('jane@example.com');
        if (id === 'bad') return { code: 'things.bad', detail: 'no', field: '/id' };
        return { name: id };
      },
    );
    expect(good).toEqual([
      { index: 0, item: { name: 'a' } },
      { index: 3, item: { name: 'b' } },
    ]);
    expect(rejected.map(({ index, code, pointer }) => [index, code, pointer])).toEqual([
      [1, 'things.unreadable', '/of/1'],
      [2, 'things.bad', '/of/2/id'],
      [4, 'things.invalid', '/of/4'],
      [5, 'things.invalid', '/of/5/id'],
      [6, 'things.too_large', '/of/6/id'],
    ]);
    expect(JSON.stringify(rejected)).not.toContain('jane');
  });

  it('leave turns to others between them', async () => {
    let turns = 0;
    let isDone = false;
    const others = (async () => {
      for (; !isDone; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    })();
    await readItems<{ id: string }, object>(ids(...'abcdefgh'), RULES, () => {
      for (const end = performance.now() + 11; performance.now() < end;);
      return {};
    });
    isDone = true;
    await others;
    expect(turns).toBeGreaterThanOrEqual(8);
  });
});
