// The one door into the queue, for callers, decisions and undos alike. After it `claims.queries`
// lets the executor take what waits.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AccountScope, AdsService, type Account } from '../../accounts/index.js';
import { Config } from '../../shared/index.js';
import type { ChangeOrigin } from '../objects/change-states.js';
import { modeOf } from '../guards/execution-mode.js';
import type { GuardLimits } from '../guards/guard-rules.js';
import { AccountLimitsReader } from '../guards/account-limits.service.js';
import type { ChangeValues, RegisteredAd } from './change-input.js';
import { insertChanges, knownKeys, lockIntake, supersedeOlder } from './intake.queries.js';
import { newestOfEach, sortChanges, type IntakeResult } from './sort-changes.js';

export interface IntakeRequest {
  origin: ChangeOrigin;
  requestedBy: string;
  decisionId?: string;
  /** The instant that the decision was made for. */
  decisionAsOf?: Date;
  undoOf?: string;
  /** Every change waits for a person, however small. */
  needsApproval?: boolean;
}

/** What changes are judged by at the door. */
export interface Preconditions {
  ads: Map<string, RegisteredAd>;
  limits: GuardLimits;
  /** The account's own present. */
  now: Date;
}

@Injectable()
export class ChangeIntake {
  constructor(
    private readonly ads: AdsService,
    private readonly scope: AccountScope,
    private readonly guardLimits: AccountLimitsReader,
    private readonly config: Config,
  ) {}

  /** The registered ads that some changes are about, and the account's limits and present. */
  async preconditions(
    account: Account,
    adIds: string[],
    manager?: EntityManager,
  ): Promise<Preconditions> {
    const ids = [...new Set(adIds)];
    const ads = await this.ads.all(account.accountId, { adIds: ids }, manager);
    return {
      ads: new Map(ads.map((ad) => [ad.adId, ad])),
      limits: await this.guardLimits.of(account, manager),
      now: await this.scope.now(account, manager),
    };
  }

  /** Takes changes in the caller's transaction; one result per item, in their order. */
  async take(
    manager: EntityManager,
    account: Account,
    items: ChangeValues[],
    { ads, limits, now }: Preconditions,
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
      decisionAsOf: request.decisionAsOf ?? null,
      now,
      undoOf: request.undoOf ?? null,
      needsApproval: request.needsApproval ?? false,
      writes: modeOf(account, this.config.executionMode) !== 'shadow',
      limits,
      makeId: () => `chg_${randomUUID().replaceAll('-', '')}`,
    });
    const rows = results.flatMap((result) => (result.kind === 'accepted' ? [result.row] : []));
    await insertChanges(manager, accountId, rows);
    await supersedeOlder(manager, accountId, newestOfEach(rows));
    return results;
  }
}
