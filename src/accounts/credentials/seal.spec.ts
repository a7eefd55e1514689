import { describe, expect, it } from '@jest/globals';
import { seal, unseal } from './seal.js';

const key = Buffer.alloc(32, 1);

describe('a seal', () => {
  it('opens with the same key and binding only', () => {
    const sealed = seal(key, 'a secret', 'acme/meta');
    expect(unseal(key, sealed, 'acme/meta')).toBe('a secret');
    expect(() => unseal(key, sealed, 'other/meta')).toThrow();
    expect(() => unseal(Buffer.alloc(32, 2), sealed, 'acme/meta')).toThrow();
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    expect(() => unseal(key, sealed, 'acme/meta')).toThrow();
  });

  it('shows nothing and differs each time', () => {
    const one = seal(key, 'a secret', 'acme/meta');
    expect(one.toString('latin1')).not.toContain('secret');
    expect(one.equals(seal(key, 'a secret', 'acme/meta'))).toBe(false);
  });
});
