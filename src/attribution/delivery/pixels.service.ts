// Which pixels an account may send to, and with whose token.
import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CredentialsService, type Account } from '../../accounts/index.js';
import type { MetaCredentials } from '../../platforms/index.js';
import { Config } from '../../shared/index.js';

/** To tell whether they changed; of a token nobody can guess. */
export function digestOfCredentials({ accessToken, appSecret }: MetaCredentials): Buffer {
  return hash('sha256', JSON.stringify([accessToken, appSecret]), 'buffer');
}

@Injectable()
export class PixelsService {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly config: Config,
  ) {}

  /** Set for a whole installation; such events count at Meta all the same. */
  get testEventCode(): string | null {
    return this.config.metaTestEventCode;
  }

  /** Where the account's events go when nobody names a pixel; null = not configured yet. */
  async ownPixel(account: Pick<Account, 'accountId'>): Promise<string | null> {
    return (
      (await this.credentials.of(account.accountId, 'meta'))?.pixelId ?? this.config.metaPixelId
    );
  }

  /** The account's own pixel or the environment's, nobody else's. */
  async mayUse(account: Account, pixelId: string): Promise<boolean> {
    return pixelId === (await this.ownPixel(account)) || pixelId === this.config.metaPixelId;
  }

  /** What a pixel is written with; null = nobody has stored a token for it yet. */
  async credentialsFor(accountId: string, pixelId: string): Promise<MetaCredentials | null> {
    const own = await this.credentials.of(accountId, 'meta');
    if (own?.pixelId === pixelId) return own;
    const { metaAccessToken, metaAppSecret, metaPixelId } = this.config;
    if (metaAccessToken !== null && metaPixelId === pixelId) {
      const credentials = { accessToken: metaAccessToken, appSecret: metaAppSecret, pixelId };
      return { platform: 'meta', ...credentials, adAccountId: null };
    }
    return own?.pixelId === null ? own : null;
  }
}
