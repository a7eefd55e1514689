// SHA-256 as Meta wants it, and the recognition of what somebody hashed before us: hashing a hash
// again makes a value that matches nobody.
import { hash } from 'node:crypto';

/**
 * What may be sent: 64 hex digits, or the same with the parameter builder's eight-character mark.
 */
export const HASH_SHAPE = /^[0-9a-f]{64}(\.[A-Za-z0-9_-]{8})?$/;

// The builder's older mark has two characters; the hash itself is as good without it.
const GIVEN_HASH = /^([0-9a-f]{64})(?:(\.[A-Za-z0-9_-]{8})|\.(?:AQ|Ag|Aw|BA|BQ|Bg))?$/i;
const HASH_LENGTH = 64;
const MD5_LENGTH = 32;
const MD5_SHAPE = /^[0-9a-f]{32}$/i;

export function sha256(text: string): string {
  return hash('sha256', text);
}

/** The value itself when it is a SHA-256 already (lower case, known mark kept), else null. */
export function hashedAlready(value: string): string | null {
  const parts = value.length < HASH_LENGTH ? null : GIVEN_HASH.exec(value);
  return parts ? `${(parts[1] ?? '').toLowerCase()}${parts[2] ?? ''}` : null;
}

/**
 * Some libraries pass MD5 through; Meta's documents know SHA-256 only and refuse the whole batch.
 */
export function looksLikeMd5(value: string): boolean {
  return value.length === MD5_LENGTH && MD5_SHAPE.test(value);
}
