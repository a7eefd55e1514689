// The platform's objects as this room uses them: an account in, an image out. Also where the
// registered ad follows what was read, so that the next decision starts from what is live.
import { Injectable } from '@nestjs/common';
import { AdsService, CredentialsService, type Account } from '../accounts/index.js';
import {
  AdPlatforms,
  type AdObjectState,
  type AdWrite,
  type PlatformAccount,
  type WriteReceipt,
} from '../platforms/index.js';
import { DomainError, PlatformError } from '../shared/index.js';
import type { AdChange } from './change.entity.js';
import { imageOf, requestedValue, type ObjectImage } from './object-image.js';

@Injectable()
export class AdObjects {
  constructor(
    private readonly platforms: AdPlatforms,
    private readonly credentials: CredentialsService,
    private readonly ads: AdsService,
  ) {}

  /** What the object is now. @throws PlatformError */
  async look(account: Account, adId: string): Promise<ObjectImage> {
    return imageOf(await this.read(account, adId));
  }

  /** The same, and the registered ad adopts it. @throws PlatformError */
  async lookAndAdopt(account: Account, adId: string): Promise<ObjectImage> {
    const state = await this.read(account, adId);
    await this.ads.adopt(account.accountId, state);
    return imageOf(state);
  }

  /** Keeps the registered ad at an image that was read before. */
  async adopt(accountId: string, adId: string, image: ObjectImage): Promise<void> {
    if (image.source === 'platform') await this.ads.adopt(accountId, { adId, ...image });
  }

  /** One absolute value. Resolves when the platform took it; look again to believe it. */
  async write(account: Account, change: AdChange): Promise<WriteReceipt> {
    const access = await this.access(account);
    return this.platforms.of(account).write(access, writeOf(change));
  }

  private async read(account: Account, adId: string): Promise<AdObjectState> {
    return this.platforms.of(account).readObject(await this.access(account), adId);
  }

  private async access({
    accountId,
    currency,
    timezone,
    simulated,
  }: Account): Promise<PlatformAccount> {
    const credentials = simulated ? null : await this.metaCredentials(accountId);
    return { accountId, currency, timezone, credentials };
  }

  private async metaCredentials(accountId: string): Promise<PlatformAccount['credentials']> {
    try {
      return await this.credentials.meta(accountId);
    } catch (error) {
      // Credentials that cannot be opened are, to a change, credentials that are refused.
      if (error instanceof DomainError) throw new PlatformError('auth', error.message);
      throw error;
    }
  }
}

function writeOf(change: AdChange): AdWrite {
  const { adId, changeType } = change;
  const value = requestedValue(change);
  if (changeType === 'status') {
    if (typeof value !== 'string') throw new Error('a status change asks for a number');
    return { adId, changeType, value };
  }
  if (typeof value !== 'number') throw new Error(`a ${changeType} change asks for a status`);
  return { adId, changeType, valueMinor: value };
}
