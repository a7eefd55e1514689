// Which pixels an account may send to, and with whose token.
import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CredentialsService, type Account } from '../../accounts/index.js';
import type { MetaCredentials } from '../../platforms/index.js';
import { Config, isUnavailable } from '../../shared/index.js';

/** To tell whether they changed; of a token nobody can guess. */
export function digestOfCredentials({ accessToken, appSecret }: MetaCredentials): Buffer {
  return hash('sha256', JSON.stringify([accessToken, appSecret]), 'buffer');
}

/** What is stored opens with another key only: whose pixel it names cannot be known for now. */
const UNREADABLE = 'unreadable';

export interface SendTarget {
  pixelId: string;
  credentials: MetaCredentials;
}

/** Why a pixel cannot be sent to: it waits for a person. */
export interface Waiting {
  waitsFor: string;
}

export interface OwnPixel {
  /** null = not configured yet; its events are kept all the same and wait. */
  pixelId: string | null;
  /** false: the account may have one, but the stored credentials do not open. */
  isReadable: boolean;
}

const NO_CREDENTIALS: Waiting = { waitsFor: 'waiting for credentials of the account' };
const UNREADABLE_CREDENTIALS: Waiting = {
  waitsFor: 'the stored credentials cannot be opened: they were sealed with another SECRETS_KEY',
};

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

  /** Where the account's events go when nobody names a pixel. */
  async ownPixel(account: Account): Promise<OwnPixel> {
    const own = await this.own(account.accountId);
    if (own === UNREADABLE) return { pixelId: null, isReadable: false };
    return { pixelId: own?.pixelId ?? this.config.metaPixelId, isReadable: true };
  }

  /**
   * The account's own pixel or the environment's, nobody else's. While the account's own cannot be
   * read, a pixel is taken for it: a lost conversion is worse than one that waits.
   */
  async mayUse(account: Account, pixelId: string): Promise<boolean> {
    if (pixelId === this.config.metaPixelId) return true;
    const own = await this.own(account.accountId);
    return own === UNREADABLE || pixelId === own?.pixelId;
  }

  /** Where events stored under this pixel (empty = the account's own) go and with whose token. */
  async targetOf(accountId: string, pixelId: string): Promise<SendTarget | Waiting> {
    const own = await this.own(accountId);
    if (own === UNREADABLE) return UNREADABLE_CREDENTIALS;
    const wanted = pixelId || (own?.pixelId ?? this.config.metaPixelId);
    const credentials = wanted === null ? null : this.credentialsOf(own, wanted);
    return wanted === null || credentials === null
      ? NO_CREDENTIALS
      : { pixelId: wanted, credentials };
  }

  private credentialsOf(own: MetaCredentials | null, pixelId: string): MetaCredentials | null {
    if (own?.pixelId === pixelId) return own;
    const { metaAccessToken, metaAppSecret, metaPixelId } = this.config;
    if (metaAccessToken !== null && metaPixelId === pixelId) {
      const credentials = { accessToken: metaAccessToken, appSecret: metaAppSecret, pixelId };
      return { platform: 'meta', ...credentials, adAccountId: null };
    }
    return own?.pixelId === null ? own : null;
  }

  private async own(accountId: string): Promise<MetaCredentials | typeof UNREADABLE | null> {
    try {
      return await this.credentials.of(accountId, 'meta');
    } catch (error) {
      if (isUnavailable(error)) throw error;
      return UNREADABLE;
    }
  }
}
