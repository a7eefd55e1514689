// Whose a request is: the one place that turns a token into a principal, for our own routes and for
// guests'. A verified key is remembered for a second, so that a busy key does not cost a query per
// request and a revoked one is refused everywhere within that second.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { AdminToken, DomainError, Gatekeeper, RateLimits } from '../../shared/index.js';
import { digestOf, parseApiKey, sameDigest, type ParsedApiKey } from './api-key.js';
import { ApiKey } from './api-key.entity.js';
import type { AuthenticatedRequest } from './auth.decorators.js';
import { KeyLookUps } from './key-look-ups.service.js';
import { refusalFor, type Principal } from './principal.js';

/** Longer would keep a revoked key alive in other processes. */
const REMEMBER_MILLIS = 1000;
/** Bounds the memory of keys. */
const REMEMBER_MAX = 10_000;

/** The rules of the most open route. */
const ANY_ROUTE = { adminOnly: false, ingest: true };

type Knocking = Pick<AuthenticatedRequest, 'ip' | 'method' | 'headers' | 'principal'>;

@Injectable()
export class Authenticator extends Gatekeeper {
  private readonly adminDigest: Buffer;
  private readonly lookUps: KeyLookUps<ApiKey>;
  /** What is out of date is asked for again; who was known once is not taken for a guesser. */
  private readonly remembered = new Map<string, { principal: Principal; until: number }>();

  constructor(
    adminToken: AdminToken,
    @InjectRepository(ApiKey) keys: Repository<ApiKey>,
    private readonly limits: RateLimits,
  ) {
    super();
    this.adminDigest = digestOf(adminToken.value);
    this.lookUps = new KeyLookUps((asked) => findKeys(keys, asked));
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
    // What no route allows is refused before anybody reads a body for it.
    const refusal = refusalFor(principal, request.method, ANY_ROUTE);
    if (refusal) throw new DomainError(403, refusal.code, refusal.detail);
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
    const parsed = parseApiKey(token);
    // Counted before the look-up: guesses beyond the limit share a slow one, and so does whoever
    // comes from the same address with a key that this process does not know yet.
    const refusal = known ? null : await this.limits.takeGuess(address);
    const key = parsed && (await this.lookUp(parsed, refusal !== null, address, known));
    if (!key || !sameDigest(key.digest, digest)) {
      this.remembered.delete(entry);
      throw refusal ?? new DomainError(401, 'auth.invalid_key', INVALID_KEY);
    }
    if (!known) await this.limits.returnGuess(address);
    const { accountId, keyId, name, role } = key;
    const principal: Principal = { kind: 'account', accountId, keyId, name, role };
    if (this.remembered.size >= REMEMBER_MAX) this.remembered.clear();
    this.remembered.set(entry, { principal, until: performance.now() + REMEMBER_MILLIS });
    return principal;
  }

  /** What could not be looked up was no guess. */
  private async lookUp(
    ...[key, isPatient, address, known]: [ParsedApiKey, boolean, string, unknown]
  ): Promise<ApiKey | null> {
    try {
      return await this.lookUps.of(key, isPatient);
    } catch (error) {
      if (!known) await this.limits.returnGuess(address);
      throw error;
    }
  }
}

const INVALID_KEY = 'The key is not valid (or was revoked).';

/** By primary key, however many. */
async function findKeys(keys: Repository<ApiKey>, asked: ParsedApiKey[]): Promise<ApiKey[]> {
  return keys
    .createQueryBuilder('key')
    .where(
      '(key.account_id, key.key_id) in ' +
        '(select * from unnest(cast(:accounts as text[]), cast(:ids as text[])))',
      {
        accounts: asked.map(({ accountId }) => accountId),
        ids: asked.map(({ keyId }) => keyId),
      },
    )
    .andWhere('key.revoked_at is null')
    .getMany();
}

function nameOf(principal: Principal): string {
  return principal.kind === 'admin' ? 'admin' : principal.keyId;
}

function bearerOf(header: string | string[] | undefined): string | null {
  return (typeof header === 'string' && /^Bearer +(\S+)$/i.exec(header)?.[1]) || null;
}
