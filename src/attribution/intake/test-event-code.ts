// The code with which Meta shows events in its Test Events: the caller's text, fit for storing.
import { withoutPersonalData } from '../../shared/personal-data.js';
import { withoutUnprintable } from '../../shared/plain-text.js';

const CHARACTERS_MAX = 64;

/** null when there is none. */
export function testEventCodeOf(given: unknown): string | null {
  if (typeof given !== 'string') return null;
  return withoutUnprintable(withoutPersonalData(given.slice(0, CHARACTERS_MAX))) || null;
}
