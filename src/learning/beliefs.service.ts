// What is believed of an account's ads at an instant: load reports and events, form the posteriors.
// Decisions rest on what all ads of the account say now; who only looks at some of them is shown
// what is known of these, on what the account said a few minutes ago. Called by sampling and admin;
// survey by `account-survey`, mathematics in `belief/`.
import { Injectable } from '@nestjs/common';
import { AdsService, type Account, type Ad } from '../accounts/index.js';
import type { ArmReports } from '../metrics/index.js';
import { Breather, Clock, Config, HeavyWork } from '../shared/index.js';
import { AccountSurvey, type SurveyOptions } from './account-survey.service.js';
import type { AccountBeliefs, AccountPrior, BelievedArm, ShownBeliefs } from './account-beliefs.js';
import { beliefOf } from './belief/belief.js';
import type { EvidenceCell } from './belief/evidence-cell.js';
import { EventQueue } from './events/event-queue.service.js';

/** So many objects are looked at in the time that one request may take; exactness costs nothing. */
const SMALL_ACCOUNT_ADS = 200;
/** How old the account's part of a belief may be where somebody only looks. */
const PRIOR_AGE_MILLIS_MAX = 10 * 60_000;
/** From this age on it is made anew beside the request that is answered with it. */
const PRIOR_AGE_MILLIS_RENEWED = 6 * 60_000;
/** A few kilobytes each, more for accounts of many campaigns. */
const PRIORS_MAX = 200;

interface KeptPrior {
  prior: AccountPrior;
  /** The settings it was made with. */
  settings: string;
  /** By this server's clock. */
  madeAt: number;
}

@Injectable()
export class BeliefsService {
  private readonly priors = new Map<string, KeptPrior>();

  constructor(
    private readonly survey: AccountSurvey,
    private readonly queue: EventQueue,
    private readonly ads: AdsService,
    private readonly heavy: HeavyWork,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /**
   * Beliefs of an account as of an instant, for a decision: what waits to be learned is learned
   * first, and what the evidence proves to have changed is kept. They depend on `asOf` and on what
   * was reported by then, never on who looked before. `eachArm` sees every arm with its reports.
   */
  async forDecision(
    account: Account,
    asOf: Date,
    options: Pick<SurveyOptions, 'wants' | 'eachArm'> = {},
  ): Promise<AccountBeliefs> {
    await this.queue.learnQueued(account.accountId);
    const beliefs = await this.survey.of(account, asOf, { ...options, keepsChanges: true });
    this.keep(account, beliefs.prior);
    return beliefs;
  }

  /** The same, only looked at. */
  async ofAccount(
    account: Account,
    asOf: Date,
    eachArm?: (arm: ArmReports) => void,
  ): Promise<AccountBeliefs> {
    await this.learnWithoutClock(account);
    return this.survey.of(account, asOf, { eachArm });
  }

  /**
   * What is believed of these ads, and what stands around them in the account's tree. Of a large
   * account the prior may be ten minutes old. With `without` as if that cell's events had never
   * come.
   */
  ofAds(
    account: Account,
    asOf: Date,
    asked: readonly Ad[],
    without?: EvidenceCell,
  ): Promise<ShownBeliefs> {
    const look = { key: null, at: () => Promise.resolve(asOf) };
    return this.look(account, look, (_, of) => of(asked, without));
  }

  /**
   * An answer made of what is believed of some ads, in the account's turn. Those who ask for the
   * same by its `key` share one that has not begun. `at` is asked when it begins.
   */
  async look<T>(
    account: Account,
    { key, at, signal }: { key: string | null; at: () => Promise<Date>; signal?: AbortSignal },
    work: (
      asOf: Date,
      of: (asked: readonly Ad[], without?: EvidenceCell) => Promise<ShownBeliefs>,
    ) => Promise<T>,
  ): Promise<T> {
    const isLarge = await this.isLarge(account);
    // Made in a turn of its own, so not within this one.
    const prior = isLarge ? await this.prior(account, await at()) : null;
    const name = key === null ? null : JSON.stringify(['look', settingsOf(account), key]);
    const look = async () => {
      await this.learnWithoutClock(account);
      const asOf = await at();
      return work(asOf, (asked, without) =>
        prior
          ? this.family(account, asOf, { asked, prior, without })
          : this.survey.of(account, asOf, { without }),
      );
    };
    const size = isLarge ? 'seconds' : 'millis';
    return this.heavy.run(account.accountId, name, look, { size, signal, isFresh: true });
  }

  private async family(
    account: Account,
    asOf: Date,
    given: { asked: readonly Ad[]; prior: AccountPrior; without?: EvidenceCell },
  ): Promise<ShownBeliefs> {
    const { prior } = given;
    const { reports, exposures } = await this.survey.family(account, asOf, given);
    const breather = new Breather();
    const arms: BelievedArm[] = [];
    for (const { arm, exposure, lift } of exposures) {
      const { adId } = arm.ad;
      arms.push({ ...arm, belief: beliefOf(adId, exposure, prior.account, lift) });
      if (breather.isDue) await breather.rest();
    }
    return { asOf, prior, arms, reports };
  }

  /** What the account says as a whole: exact for a small one, else at most ten minutes old. */
  async prior(account: Account, asOf: Date): Promise<AccountPrior> {
    const wants = () => false;
    if (!(await this.isLarge(account))) {
      const look = async () => {
        await this.learnWithoutClock(account);
        return (await this.survey.of(account, asOf, { wants })).prior;
      };
      return this.heavy.run(account.accountId, null, look, { size: 'millis' });
    }
    const known = this.kept(account, asOf);
    if (!known) return this.renewed(account, asOf);
    const age = Math.max(asOf.getTime() - known.prior.asOf.getTime(), this.now() - known.madeAt);
    // Nobody waits for this one, and whoever comes later finds it or fails for himself.
    if (age > PRIOR_AGE_MILLIS_RENEWED) void this.renewed(account, asOf).catch(() => undefined);
    return known.prior;
  }

  /**
   * Heavy work on an account: one piece at a time, others wait. On a large account equal ones (by
   * `key`) share.
   */
  async inTurn<T>(
    account: Account,
    key: string | null,
    work: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const isLarge = await this.isLarge(account);
    const size = isLarge ? 'seconds' : 'millis';
    return this.heavy.run(account.accountId, isLarge ? key : null, work, { size, signal });
  }

  /**
   * Who only looks writes nothing: what waits is learned by the poll. Where no clock runs nobody
   * else would, and what was told would never be seen.
   */
  private async learnWithoutClock({ accountId }: Account): Promise<void> {
    if (!this.config.cronEnabled) await this.queue.learnQueued(accountId);
  }

  private renewed(account: Account, asOf: Date): Promise<AccountPrior> {
    return this.heavy.run(account.accountId, null, async () => {
      // Who waited before may have made it.
      const known = this.kept(account, asOf);
      const age = known && asOf.getTime() - known.prior.asOf.getTime();
      if (known && age !== null && age <= PRIOR_AGE_MILLIS_RENEWED) return known.prior;
      const { prior } = await this.survey.of(account, asOf, { wants: () => false });
      this.keep(account, prior);
      return prior;
    });
  }

  private kept(account: Account, asOf: Date): KeptPrior | null {
    const known = this.priors.get(account.accountId);
    if (!known || known.settings !== settingsOf(account)) return null;
    const age = asOf.getTime() - known.prior.asOf.getTime();
    const isFresh = age >= 0 && age <= PRIOR_AGE_MILLIS_MAX;
    return isFresh && this.now() - known.madeAt <= PRIOR_AGE_MILLIS_MAX ? known : null;
  }

  private keep(account: Account, prior: AccountPrior): void {
    const { accountId } = account;
    this.priors.delete(accountId);
    this.priors.set(accountId, { prior, settings: settingsOf(account), madeAt: this.now() });
    for (const oldest of this.priors.keys()) {
      if (this.priors.size <= PRIORS_MAX) break;
      this.priors.delete(oldest);
    }
  }

  private isLarge({ accountId }: Account): Promise<boolean> {
    return this.ads.hasMore(accountId, SMALL_ACCOUNT_ADS);
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

/** Whatever of the account its beliefs depend on. */
function settingsOf(account: Account): string {
  const { currency, timezone, conversionSource, attributionWindowDays, settings } = account;
  const { sharePatterns, niche } = account;
  return JSON.stringify([
    ...[currency, timezone, conversionSource, attributionWindowDays, settings],
    ...[sharePatterns, niche],
  ]);
}
