// Credentials per account and platform: write-only through the API, sealed at rest, the
// environment's as fallback.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type EntityManager } from 'typeorm';
import {
  CredentialChecks,
  outsideAddressFault,
  type CredentialVerdict,
  type CredentialsOf,
  type Platform,
} from '../../platforms/index.js';
import {
  Clock,
  Config,
  DomainError,
  SecretsKey,
  invalidInput,
  type InputFault,
} from '../../shared/index.js';
import type { Account } from '../account/account.entity.js';
import { AccountCredential } from './credential.entity.js';
import { credentialsFrom, environmentCredentials, type Sealed } from './credential-shapes.js';
import type { NewCredentials } from './credentials.dto.js';
import { seal, unseal } from './seal.js';

const SIMULATED = 'Stored; a simulated account asks no platform.';
const PLATFORMS: readonly Platform[] = ['meta', 'x', 'bluesky'];

@Injectable()
export class CredentialsService {
  constructor(
    @InjectRepository(AccountCredential)
    private readonly credentials: Repository<AccountCredential>,
    private readonly checks: CredentialChecks,
    private readonly secretsKey: SecretsKey,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Stores what is given and leaves the rest. @throws DomainError 400 naming every fault. */
  async put(accountId: string, input: NewCredentials): Promise<Platform[]> {
    const faults = credentialFaults(input, this.config.allowPrivateAddresses);
    if (faults.length > 0) throw invalidInput(faults);
    const key = this.secretsKey.value;
    if (!key) {
      throw new DomainError(
        422,
        'accounts.no_secrets_key',
        'Credentials are encrypted at rest: set SECRETS_KEY (openssl rand -hex 32) and restart.',
      );
    }
    const given = PLATFORMS.filter((platform) => input[platform] !== undefined);
    await this.credentials.upsert(
      given.map((platform) => ({
        accountId,
        platform,
        sealed: seal(key, JSON.stringify(input[platform]), `${accountId}/${platform}`),
        updatedAt: this.clock.now(),
      })),
      ['accountId', 'platform'],
    );
    return given;
  }

  /**
   * What each platform says of credentials that were just given. Outside of any transaction: no
   * connection is held while a platform takes its time, and what is stored stays stored.
   */
  async verdicts(
    { simulated }: Account,
    input: NewCredentials,
  ): Promise<{ [P in Platform]?: CredentialVerdict }> {
    const given = PLATFORMS.filter((platform) => input[platform] !== undefined);
    const verdicts = await Promise.all(
      given.map(async (platform): Promise<[Platform, CredentialVerdict]> => {
        if (simulated) return [platform, { outcome: 'not_asked', detail: SIMULATED }];
        const credentials = credentialsFrom(platform, input[platform]!);
        return [platform, await this.checks.check(credentials)];
      }),
    );
    return Object.fromEntries(verdicts);
  }

  /** For which platforms each account has credentials of its own; never the credentials. */
  async present(accountIds: readonly string[]): Promise<Map<string, Record<Platform, boolean>>> {
    const rows = await this.credentials.find({
      where: { accountId: In(accountIds) },
      select: { accountId: true, platform: true },
    });
    const known = new Set(rows.map(({ accountId, platform }) => `${platform} ${accountId}`));
    return new Map(
      accountIds.map((accountId) => {
        const has = (platform: Platform) => known.has(`${platform} ${accountId}`);
        return [accountId, { meta: has('meta'), x: has('x'), bluesky: has('bluesky') }];
      }),
    );
  }

  /** The account's own credentials for a platform, else the environment's, else null. */
  async of<P extends Platform>(
    accountId: string,
    platform: P,
    manager: EntityManager = this.credentials.manager,
  ): Promise<CredentialsOf<P> | null> {
    const row = await manager.findOneBy(AccountCredential, { accountId, platform });
    if (!row) return environmentCredentials(this.config)[platform] ?? null;
    return credentialsFrom(platform, this.opened<P>(row));
  }

  private opened<P extends Platform>({ accountId, platform, sealed }: AccountCredential) {
    if (!this.secretsKey.value) {
      throw new DomainError(
        503,
        'accounts.no_secrets_key',
        'The stored credentials cannot be opened without the SECRETS_KEY that sealed them.',
      );
    }
    const text = unseal(this.secretsKey.value, sealed, `${accountId}/${platform}`);
    return JSON.parse(text) as Sealed<P>;
  }
}

/** What the shape alone cannot say. */
function credentialFaults(input: NewCredentials, allowPrivate: boolean): InputFault[] {
  const faults: InputFault[] = [];
  if (PLATFORMS.every((platform) => input[platform] === undefined)) {
    faults.push({ pointer: '', detail: `must name ${PLATFORMS.join(', ')} or several of them` });
  }
  const { x, bluesky } = input;
  if (x && x.bearer_token === undefined && x.oauth1 === undefined) {
    faults.push({ pointer: '/x/bearer_token', detail: 'is required, or oauth1' });
  }
  if (bluesky?.service !== undefined) {
    const detail = outsideAddressFault(bluesky.service, allowPrivate);
    if (detail !== null) faults.push({ pointer: '/bluesky/service', detail });
  }
  return faults;
}
