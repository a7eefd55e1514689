import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../../../shared/errors.js';
import { UPLOAD_BYTES_MAX, UploadSpace } from './upload-space.js';

function refusal(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return `${error.status} ${error.code} ${error.extras.retryAfterSeconds ?? '-'}`;
  }
}

describe('the room for uploads', () => {
  it('is two of an account at a time, and one that left makes room', () => {
    const space = new UploadSpace();
    const first = space.enter('a', null);
    space.enter('a', null);
    expect(refusal(() => space.enter('a', null))).toBe('429 imports.busy 10');
    expect(refusal(() => space.enter('b', null))).toBeNull();
    first.leave();
    first.leave();
    expect(refusal(() => space.enter('a', null))).toBeNull();
    expect(refusal(() => space.enter('a', null))).toBe('429 imports.busy 10');
  });

  it('is twenty in all', () => {
    const space = new UploadSpace();
    for (let n = 0; n < 20; n += 1) space.enter(`account-${n}`, null);
    expect(refusal(() => space.enter('late', null))).toBe('429 imports.busy 10');
  });

  it('is 1 GiB for each, whether it was announced or not', () => {
    const space = new UploadSpace();
    expect(refusal(() => space.enter('a', UPLOAD_BYTES_MAX + 1))).toBe('413 imports.too_large -');
    const place = space.enter('a', null);
    place.add(UPLOAD_BYTES_MAX);
    expect(refusal(() => place.add(1))).toBe('413 imports.too_large -');
  });

  it('is eight of the largest together, and is given back', () => {
    const space = new UploadSpace();
    const places = Array.from({ length: 8 }, (_, n) => space.enter(`account-${n}`, null));
    for (const place of places) place.add(UPLOAD_BYTES_MAX);
    const late = space.enter('late', null);
    expect(refusal(() => late.add(1))).toBe('429 imports.busy 10');
    expect(refusal(() => space.enter('later', 1))).toBe('429 imports.busy 10');
    places[0]?.leave();
    expect(refusal(() => late.add(1))).toBeNull();
  });
});
