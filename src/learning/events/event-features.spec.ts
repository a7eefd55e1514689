import { describe, expect, it } from '@jest/globals';
import { withoutPersons } from './event-features.js';

const DIGEST = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);

describe('withoutPersons', () => {
  it('leaves what describes a click as it is', () => {
    const features = { device: 'mobile', hour: 7, audience: 'women 25-34', price: null };
    expect(withoutPersons(features)).toEqual(features);
    expect(withoutPersons(null)).toBeNull();
  });

  it('makes digests of addresses, phone numbers and of fields named after a person', () => {
    const found = withoutPersons({
      ...{ contact: 'Jane@example.com', call: '+49 170 1234567', last_name: 'Doe', phone: 1701234 },
      'jane@example.com': 1,
    });
    expect(found).toMatchObject({
      contact: DIGEST,
      call: DIGEST,
      last_name: DIGEST,
      phone: DIGEST,
    });
    expect(JSON.stringify(found).toLowerCase()).not.toMatch(/jane|doe|170/);
  });

  it('keeps equal values equal, however they are written', () => {
    const [one, other] = ['Jane@example.com', ' jane@example.com'].map((contact) =>
      withoutPersons({ contact }),
    );
    expect(one).toEqual(other);
  });
});
