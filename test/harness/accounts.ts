// The few things that nearly every HTTP test begins with.
import type { TestServer } from './server.js';

export interface TestAccount {
  accountId: string;
  key: string;
}

export async function createAccount(
  server: TestServer,
  accountId: string,
  extra: Record<string, unknown> = {},
): Promise<TestAccount> {
  const reply = await server.admin<{ api_key: string }>('POST', '/v1/accounts', {
    account_id: accountId,
    name: accountId,
    currency: 'USD',
    ...extra,
  });
  if (reply.status !== 201) throw new Error(JSON.stringify(reply.body));
  return { accountId, key: reply.body.api_key };
}

export function adInput(adId: string, extra: Record<string, unknown> = {}) {
  return {
    ad_id: adId,
    campaign_id: 'campaign-1',
    name: `Ad ${adId}`,
    status: 'active',
    daily_budget: 50,
    started_at: '2026-10-01T00:00:00Z',
    ...extra,
  };
}
