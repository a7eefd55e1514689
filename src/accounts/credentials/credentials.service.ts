// Credentials per account: write-only through the API, sealed at rest, the environment's as
// fallback.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type EntityManager } from 'typeorm';
import type { MetaCredentials } from '../../platforms/index.js';
import { Clock, Config, DomainError, SecretsKey } from '../../shared/index.js';
import type { NewCredentials } from '../account/accounts.dto.js';
import { AccountCredential, type CredentialPlatform } from './credential.entity.js';
import { seal, unseal } from './seal.js';

@Injectable()
export class CredentialsService {
  constructor(
    @InjectRepository(AccountCredential)
    private readonly credentials: Repository<AccountCredential>,
    private readonly secretsKey: SecretsKey,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async put(accountId: string, input: NewCredentials): Promise<CredentialPlatform[]> {
    const key = this.secretsKey.value;
    if (!key) {
      throw new DomainError(
        422,
        'accounts.no_secrets_key',
        'Credentials are encrypted at rest: set SECRETS_KEY (openssl rand -hex 32) and restart.',
      );
    }
    const given = Object.entries(input).filter(([, value]) => value !== undefined);
    const platforms = given.map(([platform]) => platform as CredentialPlatform);
    if (platforms.length === 0) {
      throw new DomainError(400, 'request.invalid', 'Name at least one platform: meta or x.', {
        errors: [{ pointer: '', detail: 'must name meta or x' }],
      });
    }
    await this.credentials.upsert(
      given.map(([platform, value]) => ({
        accountId,
        platform: platform as CredentialPlatform,
        sealed: seal(key, JSON.stringify(value), `${accountId}/${platform}`),
        updatedAt: this.clock.now(),
      })),
      ['accountId', 'platform'],
    );
    return platforms;
  }

  /** Which platforms have credentials of their own; never the credentials. */
  async present(accountId: string): Promise<Record<'meta' | 'x', boolean>> {
    const rows = await this.credentials.find({
      where: { accountId },
      select: { accountId: true, platform: true },
    });
    const has = (platform: string) => rows.some((row) => row.platform === platform);
    return { meta: has('meta'), x: has('x') };
  }

  /** The account's own credentials for a platform, else the environment's, else null. */
  async of(
    accountId: string,
    platform: 'meta',
    manager: EntityManager = this.credentials.manager,
  ): Promise<MetaCredentials | null> {
    const row = await manager.findOneBy(AccountCredential, { accountId, platform });
    if (!row) return this.environmentMeta();
    if (!this.secretsKey.value) {
      throw new DomainError(
        503,
        'accounts.no_secrets_key',
        'The stored credentials cannot be opened without the SECRETS_KEY that sealed them.',
      );
    }
    const opened = JSON.parse(
      unseal(this.secretsKey.value, row.sealed, `${accountId}/meta`),
    ) as NonNullable<NewCredentials['meta']>;
    return {
      accessToken: opened.access_token,
      appSecret: opened.app_secret ?? null,
      pixelId: opened.pixel_id ?? null,
      adAccountId: opened.ad_account_id?.replace(/^act_/, '') ?? null,
    };
  }

  private environmentMeta(): MetaCredentials | null {
    if (!this.config.metaAccessToken) return null;
    return {
      accessToken: this.config.metaAccessToken,
      appSecret: this.config.metaAppSecret ?? null,
      pixelId: this.config.metaPixelId ?? null,
      adAccountId: this.config.metaAdAccountId?.replace(/^act_/, '') ?? null,
    };
  }
}
