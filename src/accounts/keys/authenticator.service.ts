// Whose a request is: the one place that turns a token into a principal, for our own routes and for
// guests'. A verified key is remembered for a second, so that a busy key does not cost a query per
// request and a revoked one is refused everywhere within that second.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import { AdminToken, DomainError, Gatekeeper, RateLimits } from '../../shared/index.js';
import { digestOf, parseApiKey, sameDigest } from './api-key.js';
import { ApiKey } from './api-key.entity.js';
import type { AuthenticatedRequest } from './auth.decorators.js';
import type { Principal } from './principal.js';

/** Longer would keep a revoked key alive in other processes. */
const REMEMBER_MILLIS = 1000;
/** Bounds the memory of keys. */
const REMEMBER_MAX = 10_000;

type Knocking = Pick<AuthenticatedRequest, 'ip' | 'headers' | 'principal'>;

@Injectable()
export class Authenticator extends Gatekeeper {
  private readonly adminDigest: Buffer;
  /** What is out of date is asked for again; who was known once is not taken for a guesser. */
  private readonly remembered = new Map<string, { principal: Principal; until: number }>();

  constructor(
    adminToken: AdminToken,
    @InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>,
    private readonly limits: RateLimits,
  ) {
    super();
    this.adminDigest = digestOf(adminToken.value);
  }

  override async admit(request: Knocking, token: string | null): Promise<Principal> {
    if (request.principal) return request.principal;
    const given = token ?? bearerOf(request.headers['authorization']);
    if (!given) {
      const detail = 'Send "Authorization: Bearer KEY" (Meta\'s clients: access_token).';
      throw new DomainError(401, 'auth.required', detail);
    }
    const principal = await this.principalOf(given, request.ip);
    await this.limits.consume(nameOf(principal));
    request.principal = principal;
    return principal;
  }

  override holderOf({ principal }: Knocking): string | null {
    return principal ? nameOf(principal) : null;
  }

  /** After a revocation: this process asks the database again at once. */
  forget(): void {
    this.remembered.clear();
  }

  private async principalOf(token: string, address: string): Promise<Principal> {
    const digest = digestOf(token);
    if (sameDigest(digest, this.adminDigest)) return { kind: 'admin', name: 'admin' };
    const entry = digest.toString('base64');
    const known = this.remembered.get(entry);
    if (known && known.until > performance.now()) return known.principal;
    // Counted before it costs a look-up: a flood of guesses must not reach the database.
    if (!known) await this.limits.consumeGuess(address);
    const principal = await this.lookUp(token, digest).catch(async (error: unknown) => {
      if (!known) await this.limits.returnGuess(address);
      throw error;
    });
    if (!principal) {
      this.remembered.delete(entry);
      throw new DomainError(401, 'auth.invalid_key', 'The key is not valid (or was revoked).');
    }
    if (!known) await this.limits.returnGuess(address);
    if (this.remembered.size >= REMEMBER_MAX) this.remembered.clear();
    this.remembered.set(entry, { principal, until: performance.now() + REMEMBER_MILLIS });
    return principal;
  }

  private async lookUp(token: string, digest: Buffer): Promise<Principal | null> {
    const parsed = parseApiKey(token);
    if (!parsed) return null;
    const key = await this.keys.findOneBy({ ...parsed, revokedAt: IsNull() });
    if (!key || !sameDigest(key.digest, digest)) return null;
    const { accountId, keyId, name, role } = key;
    return { kind: 'account', accountId, keyId, name, role };
  }
}

function nameOf(principal: Principal): string {
  return principal.kind === 'admin' ? 'admin' : principal.keyId;
}

function bearerOf(header: string | string[] | undefined): string | null {
  return (typeof header === 'string' && /^Bearer +(\S+)$/i.exec(header)?.[1]) || null;
}
