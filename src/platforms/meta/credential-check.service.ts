// What credentials for Meta may do, asked once when they are stored. Two reads, bounded in time:
// whoever stores them waits for the answer, and a platform that is down must not keep them out.
import { Injectable } from '@nestjs/common';
import { Config, PlatformError } from '../../shared/index.js';
import type { CredentialVerdict } from '../http/credential-verdict.js';
import type { MetaCredentials } from '../http/credentials.js';
import { GraphClient } from './graph-client.js';
import { isRecord } from './graph-usage.js';
import { adAccountOf } from './meta-account.js';

/** Somebody waits for it; Meta answers both within a second. */
const ASK_TIMEOUT_MS = 5000;
/** Of a list of fifty permissions none is cut. */
const PERMISSIONS_MAX = 100;

@Injectable()
export class MetaCredentialCheck {
  private readonly client: GraphClient;

  constructor(config: Config) {
    this.client = new GraphClient({
      baseUrl: config.metaGraphUrl,
      version: config.metaApiVersion,
      readTimeoutMs: ASK_TIMEOUT_MS,
    });
  }

  async check(credentials: MetaCredentials): Promise<CredentialVerdict> {
    const [permissions, account] = await Promise.all([
      this.read(credentials, 'me/permissions', {}),
      credentials.adAccountId === null
        ? null
        : this.read(credentials, adAccountOf(credentials), { fields: 'account_status,currency' }),
    ]);
    return metaVerdict(permissions, account, credentials.adAccountId);
  }

  private async read(
    credentials: MetaCredentials,
    path: string,
    query: Record<string, string>,
  ): Promise<unknown> {
    try {
      return (await this.client.get(credentials, path, query)).body;
    } catch (failure) {
      if (failure instanceof PlatformError) return failure;
      throw failure;
    }
  }
}

/** `account` null = the credentials name no ad account. */
function metaVerdict(
  permissions: unknown,
  account: unknown,
  adAccountId: string | null,
): CredentialVerdict {
  const failures = [permissions, account].filter((one) => one instanceof PlatformError);
  const refusal = failures.find(({ kind }) => kind === 'auth');
  if (refusal) return { outcome: 'refused', detail: refusal.message };
  const granted = permissions instanceof PlatformError ? null : grantedOf(permissions);
  if (account instanceof PlatformError) {
    const outcome = isPassing(account) ? 'not_reached' : 'refused';
    return { outcome, detail: `The ad account cannot be read: ${account.message}` };
  }
  if (account === null && permissions instanceof PlatformError && isPassing(permissions)) {
    return { outcome: 'not_reached', detail: permissions.message };
  }
  const words = [
    account === null ? 'No ad account is named.' : `Ad account act_${adAccountId} can be read.`,
    granted === null ? 'Meta does not tell what else the token may do.' : permissionWords(granted),
  ];
  return {
    outcome: 'accepted',
    detail: words.join(' '),
    ...(granted === null ? {} : { permissions: granted }),
  };
}

function isPassing({ kind }: PlatformError): boolean {
  return kind === 'transient' || kind === 'throttled' || kind === 'ambiguous';
}

function grantedOf(body: unknown): string[] | null {
  const rows = isRecord(body) ? body['data'] : undefined;
  if (!Array.isArray(rows)) return null;
  const names = rows.flatMap((row: unknown) => {
    const { permission, status } = isRecord(row) ? row : {};
    return typeof permission === 'string' && status === 'granted' ? [permission.slice(0, 100)] : [];
  });
  return names.slice(0, PERMISSIONS_MAX).sort();
}

function permissionWords(granted: readonly string[]): string {
  if (granted.includes('ads_management')) return 'The token may read and change ads.';
  if (granted.includes('ads_read')) {
    return 'The token may read ads, not change them (ads_management is missing).';
  }
  return 'The token may neither read nor change ads (ads_read, ads_management are missing).';
}
