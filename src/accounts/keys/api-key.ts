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
  digest: Buffer;
}

/** 256 random bits: guessing is hopeless, so a plain SHA-256 digest is enough at rest. */
export function makeApiKey(accountId: string): NewApiKey {
  const keyId = `key_${randomBytes(9).toString('base64url')}`;
  const secret = randomBytes(32).toString('base64url');
  const apiKey = `lg.${Buffer.from(accountId).toString('base64url')}.${keyId}.${secret}`;
  return { keyId, apiKey, digest: digestOf(apiKey) };
}

export function parseApiKey(text: string): ParsedApiKey | null {
  const parts = text.split('.');
  const [prefix, account, keyId] = parts;
  if (parts.length !== 4 || prefix !== 'lg' || !account || !keyId || text.length > 600) return null;
  return {
    accountId: Buffer.from(account, 'base64url').toString('utf8'),
    keyId,
    digest: digestOf(text),
  };
}

export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

export function sameDigest(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
