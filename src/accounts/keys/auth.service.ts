// Turns a bearer token into a principal. A verified key is remembered for a second, so that a busy
// key does not cost a query per request and a revoked one is refused everywhere within that second.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import { AdminToken } from '../../shared/index.js';
import { digestOf, parseApiKey, sameDigest } from './api-key.js';
import { ApiKey } from './api-key.entity.js';
import type { Principal } from './principal.js';

/** Longer would keep a revoked key alive in other processes. */
const REMEMBER_MILLIS = 1000;
/** Bounds the memory that a scan with random keys could fill. */
const REMEMBER_MAX = 10_000;

@Injectable()
export class AuthService {
  private readonly adminDigest: Buffer;
  private readonly remembered = new Map<string, { principal: Principal; until: number }>();

  constructor(
    adminToken: AdminToken,
    @InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>,
  ) {
    this.adminDigest = digestOf(adminToken.value);
  }

  /** The principal of a token, or null when it opens nothing. */
  async principalOf(token: string): Promise<Principal | null> {
    const digest = digestOf(token);
    if (sameDigest(digest, this.adminDigest)) return { kind: 'admin', name: 'admin' };
    const parsed = parseApiKey(token);
    if (!parsed) return null;
    const known = this.remembered.get(digest.toString('base64'));
    if (known && known.until > performance.now()) return known.principal;
    const key = await this.keys.findOneBy({
      accountId: parsed.accountId,
      keyId: parsed.keyId,
      revokedAt: IsNull(),
    });
    if (!key || !sameDigest(key.digest, digest)) return null;
    const { accountId, keyId, name, role } = key;
    const principal: Principal = { kind: 'account', accountId, keyId, name, role };
    this.remember(digest, principal);
    return principal;
  }

  /** After a revocation: this process asks the database again at once. */
  forget(): void {
    this.remembered.clear();
  }

  private remember(digest: Buffer, principal: Principal): void {
    if (this.remembered.size >= REMEMBER_MAX) this.remembered.clear();
    const until = performance.now() + REMEMBER_MILLIS;
    this.remembered.set(digest.toString('base64'), { principal, until });
  }
}
