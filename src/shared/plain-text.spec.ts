import { describe, expect, it } from '@jest/globals';
import { idFault, withoutUnprintable } from './plain-text.js';

describe('an id', () => {
  it.each(['23842000000000001', 'ac.me/über 1', '店', '👟'.repeat(128)])('may be %s', (id) => {
    expect(idFault(id)).toBeNull();
  });

  it.each([
    ['empty', ''],
    ['129 characters', '👟'.repeat(129)],
    ['U+0000', 'a\u0000'],
    ['U+0001', 'a\u0001'],
    ['a line break', 'a\nb'],
    ['DEL', 'a\u007f'],
    ['C1', 'a\u0085b'],
    ['a line separator', 'a\u2028b'],
    ['text turned around', 'a\u202eb'],
    ['an isolate', 'a\u2066b'],
    ['half of a pair', 'a\ud800'],
  ])('may not be or hold %s', (_, id) => {
    expect(idFault(id)).not.toBeNull();
  });
});

describe('a name that others chose', () => {
  it('keeps what can be read of it', () => {
    expect(withoutUnprintable('Spring\u2028sale\u0000\u0001 \u202e"new"')).toBe(
      'Spring sale   "new"',
    );
    expect(withoutUnprintable('קיץ‏ 👟')).toBe('קיץ‏ 👟');
  });
});
