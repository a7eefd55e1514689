// One round of the cross-learner: what every sharing account contributes, made into numbers that
// may be shown, of which those that are due are published.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AccountsService,
  accountsResult,
  forEachAccount,
  type Account,
} from '../accounts/index.js';
import { nothingDue, type JobContext, type JobResult } from '../shared/index.js';
import { BeliefsService } from './beliefs.service.js';
import { contributionOf, type Contribution } from './patterns/contribution.js';
import { patternSecret, publishNumbers, publishedNumbers } from './patterns/patterns.queries.js';
import { secretDraws } from './patterns/privacy.js';
import { changesDue, sharedNumbers } from './patterns/publish.js';
import { delayShareOf } from './patterns/shared-shapes.js';

@Injectable()
export class CrossLearner {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly accounts: AccountsService,
    private readonly beliefs: BeliefsService,
  ) {}

  /** An account whose contribution cannot be made is named; the others teach without it. */
  async learn(now: Date, signal: AbortSignal, report: JobContext['report']): Promise<JobResult> {
    const { manager } = this.database;
    const contributions: Contribution[] = [];
    const givers = (await this.accounts.all()).filter(gives);
    const done = await forEachAccount(givers, signal, async (account) => {
      contributions.push(await this.contribution(account, now));
      report({ accounts: contributions.length });
    });
    const failing = done.failed.length > 0;
    // Where nobody could contribute, nothing is withdrawn for that.
    if (failing && contributions.length === 0) return accountsResult({}, done);
    const published = await publishedNumbers(manager, now, null);
    const secret = secretDraws(await patternSecret(manager));
    const computed = sharedNumbers(contributions, secret, published);
    const changes = changesDue(computed, published, now);
    signal.throwIfAborted();
    if (changes.length > 0) await publishNumbers(manager, now, changes);
    const counts = {
      accounts: contributions.length,
      above_floor: computed.length,
      published: changes.filter(({ accounts }) => accounts !== null).length,
      withdrawn: changes.filter(({ accounts }) => accounts === null).length,
    };
    if (changes.length === 0 && !failing) return nothingDue(counts);
    return accountsResult(counts, done);
  }

  private async contribution(account: Account, now: Date): Promise<Contribution> {
    const { accountId, attributionWindowDays } = account;
    const { arms, prior } = await this.beliefs.inTurn(account, null, () =>
      this.beliefs.ofAccount(account, now),
    );
    const ads = arms.map(({ ad, belief }) => ({
      creative: ad.creative,
      impressions: belief.evidence.impressions,
      clicks: belief.evidence.clicks,
      maturedClicks: belief.known.clicks,
      maturedImpressions: belief.known.impressions,
      conversions: belief.evidence.conversions,
    }));
    const delay = delayShareOf(accountId, prior.delays, attributionWindowDays);
    return contributionOf(accountId, account.niche, ads, delay);
  }
}

/** A simulated account's numbers are nobody's experience. */
function gives({ sharePatterns, simulated }: Account): boolean {
  return sharePatterns && !simulated;
}
