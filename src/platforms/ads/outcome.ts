// A failure of the outside world as a value: one of many items fails without the others.
import { PlatformError } from '../../shared/errors.js';

export function outcomeOf<T>(act: () => T): T | PlatformError {
  try {
    return act();
  } catch (failure) {
    return asPlatformError(failure);
  }
}

/** Whatever else was thrown is a bug and goes on its way. */
export function asPlatformError(failure: unknown): PlatformError {
  if (failure instanceof PlatformError) return failure;
  throw failure;
}
