// What the platform says to a write that it was only asked to check (`validate_only`). Pure.
import type { PlatformError } from '../../shared/errors.js';

/** It would take it, or why not; null = it cannot be asked. */
export type PlatformVerdict = 'takes' | PlatformError | null;

/** In the words of a shadowed change. */
export function verdictWords(verdict: PlatformVerdict): string {
  if (verdict === null) return '';
  if (verdict === 'takes') return '; the platform would have taken it';
  const isRefusal = verdict.kind === 'invalid' || verdict.kind === 'permission';
  const verb = isRefusal ? 'would have refused it' : 'could not be asked to check it';
  return `; the platform ${verb}: ${verdict.message}`;
}
