import { describe, expect, it } from '@jest/globals';
import { exportedIdFault } from './object-ids.js';

describe('the id of an exported object', () => {
  it('is held to the rule of every other way in', () => {
    expect(exportedIdFault('120210001234567890')).toBeNull();
    for (const id of ['a\u0001', 'a\u0085', 'a\u202eb', 'a\u2028b', 'x'.repeat(129), 'a\ufffdb']) {
      expect(exportedIdFault(id)).not.toBeNull();
    }
  });

  it('is refused when a spreadsheet has rounded it', () => {
    expect(exportedIdFault('1.2021E+17')).toContain('lost its digits');
  });
});
