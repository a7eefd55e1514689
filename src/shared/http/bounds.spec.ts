import { describe, expect, it } from '@jest/globals';
import { ITEM_BOUNDS, boundFaults } from './bounds.js';
import { sortOut } from './intake.js';
import { Type, compileCheck } from './schema.js';

describe('what is huge', () => {
  it.each([
    ['a list', { data_processing_options: Array(240_000).fill(1) }, ''],
    [
      'an object',
      { features: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, true])) },
      '',
    ],
    ['a text', { features: { 'a/b': 'x'.repeat(900_000) } }, '/features/a~1b'],
    ['a name', { features: { ['x'.repeat(900_000)]: 1 } }, '/features'],
  ])('is refused by its first bound alone: %s', (_, item, pointer) => {
    const faults = boundFaults(item, ITEM_BOUNDS);
    expect(faults).toHaveLength(1);
    expect(pointer === '' || faults[0]?.pointer === pointer).toBe(true);
  });

  it('is not walked by the check of an item', async () => {
    const schema = Type.Object({ list: Type.Array(Type.String({ maxLength: 20 })) });
    const check = compileCheck(schema);
    check({ list: [] });
    const items = [{ list: Array(240_000).fill(1) }, { list: ['a'] }];
    const began = performance.now();
    const { good, rejected } = await sortOut(items, check, 'things.invalid', 'things');
    expect(performance.now() - began).toBeLessThan(50);
    expect(good).toEqual([{ index: 1, item: items[1] }]);
    expect(rejected).toMatchObject([{ index: 0, code: 'things.too_large' }]);
  });
});
