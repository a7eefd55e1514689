// What a request to Meta proves itself with.
import { createHmac } from 'node:crypto';

/** What a request proves itself with; parameters that may not travel in a link of Meta's. */
export const SECRET_PARAMETERS = [
  ...['access_token', 'appsecret_proof', 'appsecret_time', 'client_secret'],
];

export interface GraphCredentials {
  accessToken: string;
  appSecret: string | null;
  adAccountId?: string | null;
}

/** HMAC-SHA256 of the token under the app's secret (Meta's appsecret_proof). */
export function appSecretProof({ accessToken, appSecret }: GraphCredentials): string | null {
  return appSecret && createHmac('sha256', appSecret).update(accessToken).digest('hex');
}

/** What a form proves itself with, in the parameters that Meta documents. */
export function proofFields(credentials: GraphCredentials): Record<string, string> {
  const proof = appSecretProof(credentials);
  return {
    access_token: credentials.accessToken,
    ...(proof ? { appsecret_proof: proof } : {}),
  };
}
