// What of an account Meta needs, or the sentence that says what is missing.
import { PlatformError } from '../../shared/errors.js';
import { isKnownCurrency } from '../../shared/money.js';
import type { PlatformAccount } from '../ads/ad-account.js';
import type { MetaCredentials } from '../http/credentials.js';

/** @throws PlatformError `auth` */
export function credentialsOf(account: PlatformAccount): MetaCredentials {
  if (account.credentials?.platform === 'meta') return account.credentials;
  throw new PlatformError(
    'auth',
    `Account ${account.accountId} has no access token for Meta: store one with PUT /v1/accounts/${account.accountId}/credentials or set META_ACCESS_TOKEN.`,
  );
}

/** @throws PlatformError `auth` */
export function adAccountOf({ adAccountId }: MetaCredentials): string {
  if (adAccountId !== null) return `act_${adAccountId}`;
  throw new PlatformError(
    'auth',
    'The credentials for Meta name no ad account: add ad_account_id to them or set META_AD_ACCOUNT_ID.',
  );
}

/** An amount in a currency outside Meta's table could be a hundred times what is meant. */
export function assertKnownCurrency({ accountId, currency }: PlatformAccount): void {
  if (isKnownCurrency(currency)) return;
  throw new PlatformError(
    'invalid',
    `Account ${accountId} is in ${currency}, a currency that Meta's table does not list: its amounts cannot be read or written safely.`,
  );
}
