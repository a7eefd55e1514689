// What a request to Meta proves itself with, and how it is kept out of messages.
import { createHmac } from 'node:crypto';

export interface GraphCredentials {
  accessToken: string;
  appSecret: string | null;
  adAccountId?: string | null;
}

/** HMAC-SHA256 of the token under the app's secret (Meta's appsecret_proof). */
export function appSecretProof({ accessToken, appSecret }: GraphCredentials): string | null {
  return appSecret && createHmac('sha256', appSecret).update(accessToken).digest('hex');
}

export function withoutSecrets(
  message: string,
  { accessToken, appSecret }: GraphCredentials,
): string {
  return [accessToken, appSecret]
    .filter((secret) => secret !== null && secret !== '')
    .reduce<string>((text, secret) => text.replaceAll(secret ?? '', '[secret]'), message);
}
