// From what is stored of credentials to what a platform's client takes. Pure.
import type { CredentialsOf, Platform } from '../../platforms/index.js';
import type { Config } from '../../shared/index.js';
import type { NewCredentials } from './credentials.dto.js';

/** What lies sealed, by platform: the words in which it was sent. */
export type Sealed<P extends Platform> = NonNullable<NewCredentials[P]>;

const BLUESKY_SERVICE = 'https://public.api.bsky.app';

const READERS: { [P in Platform]: (stored: Sealed<P>) => CredentialsOf<P> } = {
  meta: (stored) => ({
    platform: 'meta',
    accessToken: stored.access_token,
    appSecret: stored.app_secret ?? null,
    pixelId: stored.pixel_id ?? null,
    adAccountId: stored.ad_account_id?.replace(/^act_/, '') ?? null,
  }),
  x: (stored) => ({
    platform: 'x',
    bearerToken: stored.bearer_token ?? null,
    userId: stored.user_id,
    oauth1: stored.oauth1 ? oauth1Of(stored.oauth1) : null,
  }),
  bluesky: (stored) => ({
    platform: 'bluesky',
    actor: stored.actor,
    service: new URL(stored.service ?? BLUESKY_SERVICE).origin,
  }),
};

export function credentialsFrom<P extends Platform>(
  platform: P,
  stored: Sealed<P>,
): CredentialsOf<P> {
  return READERS[platform](stored);
}

/** The server's own credentials, for accounts without theirs. */
export function environmentCredentials(config: Config): {
  [P in Platform]?: CredentialsOf<P>;
} {
  const { metaAccessToken, metaAppSecret, metaPixelId, metaAdAccountId } = config;
  const { xBearerToken, xUserId } = config;
  return {
    ...(metaAccessToken === null
      ? {}
      : {
          meta: {
            platform: 'meta',
            accessToken: metaAccessToken,
            appSecret: metaAppSecret,
            pixelId: metaPixelId,
            adAccountId: metaAdAccountId?.replace(/^act_/, '') ?? null,
          },
        }),
    ...(xBearerToken === null || xUserId === null
      ? {}
      : { x: { platform: 'x', bearerToken: xBearerToken, userId: xUserId, oauth1: null } }),
  };
}

function oauth1Of(stored: NonNullable<Sealed<'x'>['oauth1']>) {
  return {
    consumerKey: stored.consumer_key,
    consumerSecret: stored.consumer_secret,
    accessToken: stored.access_token,
    accessTokenSecret: stored.access_token_secret,
  };
}
