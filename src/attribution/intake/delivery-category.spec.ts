import { describe, expect, it } from '@jest/globals';
import { withDeliveryCategory } from './delivery-category.js';

const dropped = (field: string) => ({ field, verdict: 'dropped', reason: 'unknown_category' });

describe('a delivery category', () => {
  it.each([
    [{ value: 1 }, { value: 1 }, []],
    [{ delivery_category: ' Home_Delivery ' }, { delivery_category: 'home_delivery' }, []],
    [{ delivery_category: 'IN_STORE', value: 1 }, { delivery_category: 'in_store', value: 1 }, []],
    [{ delivery_category: 'drone', value: 1 }, { value: 1 }, [dropped('delivery_category')]],
    [{ delivery_category: { toString: 1 } }, {}, [dropped('delivery_category')]],
    [
      {
        contents: [{ id: 1, delivery_category: 'Curbside' }, { id: 2, delivery_category: 7 }, 'x'],
      },
      { contents: [{ id: 1, delivery_category: 'curbside' }, { id: 2 }, 'x'] },
      [dropped('contents.delivery_category')],
    ],
  ])('%j is read as %j', (given, customData, fields) => {
    expect(withDeliveryCategory(given)).toEqual({ customData, fields });
  });
});
