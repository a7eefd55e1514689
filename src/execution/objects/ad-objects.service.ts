// The platform's objects as this room uses them: an account in, an image out. Also where the
// registered ad follows what was read, so that the next decision starts from what is live.
import { Injectable } from '@nestjs/common';
import { AdsService, CredentialsService, type Account, type Ad } from '../../accounts/index.js';
import {
  AdPlatforms,
  credentialsDigest,
  type AccountLimits,
  type AdWrite,
  type DeliveryFacts,
  type Platform,
  type PlatformAccount,
  type WriteOptions,
  type WriteReceipt,
} from '../../platforms/index.js';
import { Clock, DomainError, PlatformError, isUnavailable } from '../../shared/index.js';
import type { AdChange } from './change.entity.js';
import { imageOf, requestedValue, type ObjectImage } from './object-image.js';
import type { CooldownKey } from './cooldown.queries.js';

/** Caps and minimums change rarely; asking before every write would cost as much as the writes. */
const LIMITS_FRESH_MILLIS = 5 * 60_000;

export type Write = (
  changes: readonly AdChange[],
  options: WriteOptions,
) => Promise<(WriteReceipt | PlatformError)[]>;

@Injectable()
export class AdObjects {
  private readonly knownLimits = new Map<string, { at: number; limits: AccountLimits | null }>();

  constructor(
    private readonly platforms: AdPlatforms,
    private readonly credentials: CredentialsService,
    private readonly ads: AdsService,
    private readonly clock: Clock,
  ) {}

  /** What the object is now. @throws PlatformError */
  async look(account: Account, adId: string): Promise<ObjectImage> {
    const [look] = await this.lookAll(account, [adId]);
    if (look === undefined || look instanceof PlatformError) throw look;
    return look.image;
  }

  /** What many objects are now, with what the guards ask; each failure is its object's own. */
  async lookAll(
    account: Account,
    adIds: readonly string[],
  ): Promise<({ image: ObjectImage; delivery: DeliveryFacts } | PlatformError)[]> {
    const states = await this.asked(adIds, async () => {
      const access = await this.access(account);
      return this.platforms.of(account).reader.readObjects(access, adIds);
    });
    await this.ads.adoptLearning(
      account.accountId,
      states.flatMap((state, index) => {
        if (state instanceof PlatformError) return [];
        return [{ adId: adIds[index] ?? '', isLearning: state.delivery.isLearning }];
      }),
    );
    return states.map((state) =>
      state instanceof PlatformError ? state : { image: imageOf(state), delivery: state.delivery },
    );
  }

  /** The same after writes: the registered ads adopt what is seen. */
  async lookAllAndAdopt(
    account: Account,
    adIds: readonly string[],
  ): Promise<(ObjectImage | PlatformError)[]> {
    const looks = await this.lookAll(account, adIds);
    const seen = looks.map((look) => (look instanceof PlatformError ? look : look.image));
    await this.adoptAll(
      account.accountId,
      seen.flatMap((image, index) =>
        image instanceof PlatformError ? [] : [{ adId: adIds[index] ?? '', image }],
      ),
    );
    return seen;
  }

  /**
   * What writes absolute values in one call, no two of one object; look again to believe an answer.
   * Everything it needs is fetched before, so that calling it is sending: a process that froze
   * while it waited for a credential would otherwise send when nobody expects it any more.
   */
  async writer(account: Account): Promise<Write> {
    const { writer } = this.platforms.of(account);
    const access = await this.access(account).catch((error: unknown) => {
      if (error instanceof PlatformError) return error;
      throw error;
    });
    return (changes, options) =>
      this.asked(changes, async () => {
        if (access instanceof PlatformError) throw access;
        return writer.writeObjects(access, changes.map(writeOf), options);
      });
  }

  /** Whether the account's platform can check a write without carrying it out. */
  validates(account: Account): boolean {
    return this.platforms.of(account).writer.canValidate;
  }

  /** Writes that one call to the account's platform may carry. */
  writesPerCall(account: Account): number {
    return this.platforms.of(account).writer.writesPerCall;
  }

  /**
   * The ad account's bounds, remembered for a while; null when it does not say, or nobody knows
   * which ad account it is. A failure that passes is answered, not hidden: a guard that fell silent
   * because a read failed would let through what it is there for.
   */
  async limits(account: Account): Promise<AccountLimits | null | PlatformError> {
    const { accountId } = account;
    const known = this.knownLimits.get(accountId);
    const now = this.clock.now().getTime();
    if (known && now - known.at < LIMITS_FRESH_MILLIS) return known.limits;
    const limits = await this.askedLimits(account);
    if (!(limits instanceof PlatformError)) this.knownLimits.set(accountId, { at: now, limits });
    return limits;
  }

  /** Spend of the last three days of some objects; empty when nobody knows. */
  async recentSpend(account: Account, objects: readonly Ad[]): Promise<Map<string, number>> {
    const spend = await this.orNull(async () =>
      this.platforms.of(account).reader.readRecentSpend(await this.access(account), objects),
    );
    return spend ?? new Map<string, number>();
  }

  /** Whose sleep concerns this account: its own, its token's, the platform's. */
  async cooldownKeys(account: Account): Promise<CooldownKey[]> {
    const { accountId } = account;
    const own: CooldownKey = { scope: 'account', key: accountId };
    const { credentials: app } = this.platforms.of(account);
    if (app === null) return [own];
    const token = await this.orNull(async () => (await this.access(account)).credentials);
    return [
      own,
      { scope: 'credential', key: token ? credentialsDigest(token) : accountId },
      { scope: 'app', key: app },
    ];
  }

  /** Keeps registered ads at what was read before. */
  async adoptAll(
    accountId: string,
    seen: readonly { adId: string; image: ObjectImage }[],
  ): Promise<void> {
    const live = seen.filter(({ image }) => image.source === 'platform');
    if (live.length === 0) return;
    const states = live.map(({ adId, image }) => ({ adId, ...image }));
    await this.ads.adopt(accountId, states);
  }

  /** A failure to ask is the failure of everything that was asked. */
  private async asked<T>(
    items: readonly unknown[],
    ask: () => Promise<(T | PlatformError)[]>,
  ): Promise<(T | PlatformError)[]> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      return items.map(() => error);
    }
  }

  /** Facts that a guard would like to have; without them it stays silent. */
  private async orNull<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof PlatformError) return null;
      throw error;
    }
  }

  private async askedLimits(account: Account): Promise<AccountLimits | null | PlatformError> {
    try {
      return await this.platforms.of(account).reader.readLimits(await this.access(account));
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      return error.kind === 'invalid' || error.kind === 'permission' ? null : error;
    }
  }

  private async access(account: Account): Promise<PlatformAccount> {
    const { accountId, currency, timezone } = account;
    const { credentials: platform } = this.platforms.of(account);
    const credentials = platform === null ? null : await this.opened(accountId, platform);
    return { accountId, currency, timezone, credentials };
  }

  private async opened(
    accountId: string,
    platform: Platform,
  ): Promise<PlatformAccount['credentials']> {
    try {
      return await this.credentials.of(accountId, platform);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      // Credentials that cannot be opened are, to a change, credentials that are refused.
      const detail = error instanceof DomainError ? error.message : SEALED_OTHERWISE;
      throw new PlatformError('auth', detail);
    }
  }
}

const SEALED_OTHERWISE =
  'The stored credentials cannot be opened: they were sealed with another SECRETS_KEY.';

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
