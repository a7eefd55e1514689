// What exists: registering ads and finding them again. Whoever reads inside a transaction gives its
// manager: a second connection of the pool is never asked for while one is held.
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Not, Repository, type EntityManager } from 'typeorm';
import type { AdObjectState } from '../../platforms/index.js';
import {
  compileCheck,
  intakeAnswer,
  sortOut,
  type Indexed,
  type IntakeAnswer,
  type Rejection,
} from '../../shared/index.js';
import type { Account } from '../account/account.entity.js';
import { adFaults, adValues, isAdFault, type AdValues } from './ad-input.js';
import { Ad } from './ad.entity.js';
import { NewAd } from './ads.dto.js';
import {
  adPlaces,
  adoptLearningPhases,
  adoptStates,
  adsBelow,
  adsByIds,
  campaignIds,
  hasMoreAds,
  knownAds,
  pageOfAds,
  upsertAds,
  type AdPlace,
} from './ads.queries.js';

const checkAd = compileCheck(NewAd, { unknown: 'refused' });
/** Of all accounts, some tens of megabytes; when there are more, remembering begins anew. */
const REMEMBERED_IDS_MAX = 200_000;

@Injectable()
export class AdsService {
  private readonly remembered = new Map<string, Set<string>>();
  private rememberedIds = 0;

  constructor(@InjectRepository(Ad) private readonly ads: Repository<Ad>) {}

  /** Registers or replaces ads; an ad that is already exactly so counts as a duplicate. */
  async put(account: Account, items: unknown[]): Promise<IntakeAnswer> {
    const { currency } = account;
    const { good, rejected } = await sortOut<NewAd>(items, checkAd, 'ads.invalid', 'ads', (item) =>
      adFaults(item, currency).map(({ field, detail }) => ({ pointer: `/${field}`, detail })),
    );
    const values = new Map<string, Indexed<AdValues>>();
    let repeated = 0;
    for (const { index, item } of good) {
      const value = adValues(item, currency);
      if (isAdFault(value)) {
        const { code, detail, field } = value;
        rejected.push({ index, code, detail, pointer: `/ads/${index}/${field}` });
      } else if (repeats(values, value, index, rejected)) {
        repeated += 1;
      }
    }
    const rows = [...values.values()].map(({ item }) => item);
    const changed = await upsertAds(this.ads.manager, account.accountId, rows);
    const unchanged = rows.length - changed.size;
    return intakeAnswer(changed.size, unchanged + repeated, rejected);
  }

  async find(
    accountId: string,
    adId: string,
    manager: EntityManager = this.ads.manager,
  ): Promise<Ad | null> {
    return manager.findOneBy(Ad, { accountId, adId });
  }

  /** All ads of an account, or those of one campaign, or those named; in the order of their ids. */
  async all(
    accountId: string,
    only: { campaignId?: string; adIds?: string[] } = {},
    manager: EntityManager = this.ads.manager,
  ): Promise<Ad[]> {
    return manager.find(Ad, {
      where: {
        accountId,
        ...(only.campaignId === undefined ? {} : { campaignId: only.campaignId }),
        ...(only.adIds === undefined ? {} : { adId: In(only.adIds) }),
      },
      order: { adId: 'asc' },
    });
  }

  /** Where every object stands in the account's tree, in the order of the ids. */
  places(accountId: string, manager: EntityManager = this.ads.manager): Promise<AdPlace[]> {
    return adPlaces(manager, accountId);
  }

  /** Every object's id and status. */
  statuses(accountId: string): Promise<Pick<Ad, 'adId' | 'status'>[]> {
    return this.ads.manager.query(
      'select ad_id as "adId", status from ads where account_id = $1 order by ad_id',
      [accountId],
    );
  }

  /** Whether the account has more objects than so many. */
  hasMore(accountId: string, than: number): Promise<boolean> {
    return hasMoreAds(this.ads.manager, accountId, than);
  }

  /** Those of the ids that are ads of the account. */
  byIds(accountId: string, adIds: readonly string[]): Promise<Ad[]> {
    return adsByIds(this.ads.manager, accountId, adIds);
  }

  /** Objects directly below these that own no budget of their own. */
  below(accountId: string, adIds: readonly string[]): Promise<Ad[]> {
    return adsBelow(this.ads.manager, accountId, adIds);
  }

  /** One page in the order of the ids, of one campaign or of all. */
  page(
    accountId: string,
    span: { after?: string; campaignId?: string; limit: number },
  ): Promise<Ad[]> {
    return pageOfAds(this.ads.manager, accountId, span);
  }

  /** Active ads that own a budget. */
  async running(accountId: string, manager: EntityManager = this.ads.manager): Promise<Ad[]> {
    const active = { accountId, status: 'active' as const };
    return manager.findBy(Ad, { ...active, dailyBudgetMinor: Not(IsNull()) });
  }

  /** The campaigns of all ads of an account, each once. */
  async campaigns(accountId: string, manager: EntityManager = this.ads.manager): Promise<string[]> {
    return campaignIds(manager, accountId);
  }

  /** The answer has those of the ids that are ads of the account; ads are never removed. */
  async known(
    { accountId, createdAt }: Pick<Account, 'accountId' | 'createdAt'>,
    adIds: string[],
    manager: EntityManager = this.ads.manager,
  ): Promise<ReadonlySet<string>> {
    // An account that was removed and made anew is another one.
    const life = `${createdAt.getTime()} ${accountId}`;
    const remembered = this.remembered.get(life) ?? new Set<string>();
    const asked = adIds.filter((adId) => !remembered.has(adId));
    if (asked.length === 0) return remembered;
    const found = await knownAds(manager, accountId, asked);
    for (const adId of found) remembered.add(adId);
    this.rememberedIds += found.size;
    if (this.rememberedIds > REMEMBERED_IDS_MAX) {
      this.remembered.clear();
      this.rememberedIds = 0;
    } else {
      this.remembered.set(life, remembered);
    }
    return remembered;
  }

  /** Registers the ads that are new; those that exist keep what people wrote about them. */
  async registerMissing(
    manager: EntityManager,
    accountId: string,
    ads: AdValues[],
  ): Promise<number> {
    if (ads.length === 0) return 0;
    const distinct = new Map(ads.map((ad) => [ad.adId, ad]));
    const found = await manager.find(Ad, {
      where: { accountId, adId: In([...distinct.keys()]) },
      select: { accountId: true, adId: true },
    });
    for (const { adId } of found) distinct.delete(adId);
    return (await upsertAds(manager, accountId, [...distinct.values()])).size;
  }

  /** Keeps the registered state at what the platform was read to hold. */
  async adopt(
    accountId: string,
    states: AdObjectState[],
    manager: EntityManager = this.ads.manager,
  ): Promise<void> {
    await adoptStates(manager, accountId, states);
  }

  /** The same of learning phases; an ad of which the platform says nothing keeps what was told. */
  async adoptLearning(
    accountId: string,
    looks: readonly { adId: string; isLearning: boolean | null }[],
  ): Promise<void> {
    const told = looks.flatMap(({ adId, isLearning }) =>
      isLearning === null ? [] : [{ adId, isLearning }],
    );
    if (told.length > 0) await adoptLearningPhases(this.ads.manager, accountId, told);
  }
}

/** The same ad twice in one request: equal is a repetition, different is a conflict. */
function repeats(
  values: Map<string, Indexed<AdValues>>,
  value: AdValues,
  index: number,
  rejected: Rejection[],
): boolean {
  const earlier = values.get(value.adId);
  if (!earlier) {
    values.set(value.adId, { index, item: value });
    return false;
  }
  if (JSON.stringify(earlier.item) === JSON.stringify(value)) return true;
  rejected.push({
    index,
    code: 'ads.conflict',
    detail: `the ad stands in this request already (index ${earlier.index}) with other content`,
    pointer: `/ads/${index}/ad_id`,
  });
  return false;
}
