// API keys. The account and key id stand in the key itself, so a look-up is by primary key and the
// secret is compared as a digest in constant time; the secret is never stored.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface NewApiKey {
  keyId: string;
  apiKey: string;
  digest: Buffer;
}

export interface ParsedApiKey {
  accountId: string;
  keyId: string;
}

/** The contract's bound on ids, counted in characters as people see them. */
const ACCOUNT_ID_MAX = 128;
/** An account id of 128 characters of four bytes each makes a key of 747. */
const KEY_CHARACTERS_MAX = 800;

/** 256 random bits: guessing is hopeless, so a plain SHA-256 digest is enough at rest. */
export function makeApiKey(accountId: string): NewApiKey {
  const keyId = `key_${randomBytes(9).toString('base64url')}`;
  const secret = randomBytes(32).toString('base64url');
  const apiKey = `lg.${Buffer.from(accountId).toString('base64url')}.${keyId}.${secret}`;
  return { keyId, apiKey, digest: digestOf(apiKey) };
}

/** null for what no key of ours can look like; it needs no look-up. */
export function parseApiKey(text: string): ParsedApiKey | null {
  if (text.length > KEY_CHARACTERS_MAX) return null;
  const [, account, keyId] = KEY.exec(text) ?? [];
  if (account === undefined || keyId === undefined) return null;
  const accountId = Buffer.from(account, 'base64url').toString('utf8');
  if (accountId === '' || [...accountId].length > ACCOUNT_ID_MAX) return null;
  return accountId.includes('\u0000') ? null : { accountId, keyId };
}

const KEY = /^lg\.([\w-]+)\.(key_[\w-]+)\.[\w-]+$/;

export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

export function sameDigest(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
