// What an account proves itself with at each platform. Only that platform's client looks inside.
import { createHash } from 'node:crypto';

export interface MetaCredentials {
  platform: 'meta';
  accessToken: string;
  appSecret: string | null;
  pixelId: string | null;
  /** Without `act_`. */
  adAccountId: string | null;
}

interface XCredentials {
  platform: 'x';
  userId: string;
  /** Reads what is public. */
  bearerToken: string | null;
  /** Reads what only the owner sees. */
  oauth1: {
    consumerKey: string;
    consumerSecret: string;
    accessToken: string;
    accessTokenSecret: string;
  } | null;
}

/** Public: what is read of Bluesky needs no secret. */
interface BlueskyCredentials {
  platform: 'bluesky';
  /** A handle or a DID. */
  actor: string;
  /** Whose server is asked: an origin, https. */
  service: string;
}

export type PlatformCredentials = MetaCredentials | XCredentials | BlueskyCredentials;
export type Platform = PlatformCredentials['platform'];
export type CredentialsOf<P extends Platform> = Extract<PlatformCredentials, { platform: P }>;

/** Equal for equal secrets, and nobody can read them out of it. */
export function credentialsDigest(credentials: PlatformCredentials): string {
  const { platform } = credentials;
  const secret =
    platform === 'meta'
      ? credentials.accessToken
      : platform === 'x'
        ? (credentials.bearerToken ?? credentials.oauth1?.accessToken ?? credentials.userId)
        : credentials.actor;
  return createHash('sha256').update(secret).digest('hex').slice(0, 32);
}
