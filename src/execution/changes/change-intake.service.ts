// The one door into the queue, for callers, decisions and undos alike.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AdsService, type Account } from '../../accounts/index.js';
import { Config } from '../../shared/index.js';
import type { ChangeOrigin } from '../change-states.js';
import { guardLimits, modeOf } from '../execution-mode.js';
import type { ChangeValues, RegisteredAd } from './change-input.js';
import { insertChanges, knownKeys, lockIntake, supersedeOlder } from './intake.queries.js';
import { newestOfEach, sortChanges, type IntakeResult } from './sort-changes.js';

export interface IntakeRequest {
  origin: ChangeOrigin;
  requestedBy: string;
  decisionId?: string;
  undoOf?: string;
  /** Every change waits for a person, however small. */
  needsApproval?: boolean;
}

@Injectable()
export class ChangeIntake {
  constructor(
    private readonly ads: AdsService,
    private readonly config: Config,
  ) {}

  /** The registered ads that some changes are about; asked before the transaction begins. */
  async registered(accountId: string, adIds: string[]): Promise<Map<string, RegisteredAd>> {
    const ads = await this.ads.all(accountId, { adIds: [...new Set(adIds)] });
    return new Map(ads.map((ad) => [ad.adId, ad]));
  }

  /** Takes changes in the caller's transaction; one result per item, in their order. */
  async take(
    manager: EntityManager,
    account: Account,
    items: ChangeValues[],
    ads: Map<string, RegisteredAd>,
    request: IntakeRequest,
  ): Promise<IntakeResult[]> {
    const { accountId } = account;
    await lockIntake(manager, accountId);
    const keys = items.map((item) => item.idempotencyKey);
    const results = sortChanges(items, {
      known: await knownKeys(manager, accountId, keys),
      ads,
      origin: request.origin,
      requestedBy: request.requestedBy,
      decisionId: request.decisionId ?? null,
      undoOf: request.undoOf ?? null,
      needsApproval: request.needsApproval ?? false,
      writes: modeOf(account, this.config.executionMode) !== 'shadow',
      limits: guardLimits(this.config),
      makeId: () => `chg_${randomUUID().replaceAll('-', '')}`,
    });
    const rows = results.flatMap((result) => (result.kind === 'accepted' ? [result.row] : []));
    await insertChanges(manager, accountId, rows);
    await supersedeOlder(manager, accountId, newestOfEach(rows));
    return results;
  }
}
