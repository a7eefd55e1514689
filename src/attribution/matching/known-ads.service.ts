// Which Graph ids the account has registered, and which object's budget each of them answers to.
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AdsService, type Ad } from '../../accounts/index.js';
import { AdTree, nodeOf } from '../../metrics/index.js';

/** Graph trees are three levels deep: an ad's ancestors are known after two further looks. */
const LOOKS_MAX = 3;

export interface KnownAds {
  isKnown(adId: string): boolean;
  /** The nearest ancestor with a budget, else the object itself. */
  ownerOf(adId: string): string;
}

@Injectable()
export class KnownAdsService {
  constructor(private readonly ads: AdsService) {}

  async among(manager: EntityManager, accountId: string, ids: string[]): Promise<KnownAds> {
    const found = new Map<string, Ad>();
    let wanted = [...new Set(ids)];
    for (let look = 0; look < LOOKS_MAX && wanted.length > 0; look++) {
      const ads = await this.ads.all(accountId, { adIds: wanted }, manager);
      for (const ad of ads) found.set(ad.adId, ad);
      wanted = ads
        .flatMap((ad) => [ad.parentId, ad.campaignId])
        .filter((id): id is string => id !== null && !found.has(id));
    }
    const tree = new AdTree([...found.values()].map(nodeOf));
    return {
      isKnown: (adId) => found.has(adId),
      ownerOf: (adId) => tree.budgetOwner(adId) ?? adId,
    };
  }
}
