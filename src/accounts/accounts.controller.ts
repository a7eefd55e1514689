import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Platform } from '../platforms/index.js';
import {
  DocumentedAnswer,
  DocumentedBody,
  DocumentedQuery,
  PageQuery,
  ValidBody,
  ValidQuery,
} from '../shared/index.js';
import { AccountScope } from './account/account-scope.service.js';
import type { Account } from './account/account.entity.js';
import {
  ACCOUNT_ANSWER_EXAMPLE,
  ACCOUNT_EXAMPLE,
  AccountChange,
  NewAccount,
  NewKey,
} from './account/accounts.dto.js';
import { AccountsService } from './account/accounts.service.js';
import { AdminOnly, Caller } from './keys/auth.decorators.js';
import { CREDENTIALS_EXAMPLE, NewCredentials } from './credentials/credentials.dto.js';
import { CredentialsService } from './credentials/credentials.service.js';
import type { Plan } from './plans/plan-rules.js';
import { PlansService } from './plans/plans.service.js';
import type { Principal } from './keys/principal.js';

const NO_CREDENTIALS = { meta: false, x: false, bluesky: false };
const KEY_EXAMPLE = { key_id: 'key_3vQm', api_key: 'lg.YWNtZQ.key_3vQm.…' };

@ApiTags('accounts and ads')
@Controller('v1/accounts')
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly credentials: CredentialsService,
    private readonly plans: PlansService,
    private readonly scope: AccountScope,
  ) {}

  @Post()
  @AdminOnly()
  @ApiOperation({ summary: 'Create an account; its first key is shown once' })
  @DocumentedBody(NewAccount, ACCOUNT_EXAMPLE)
  @DocumentedAnswer(201, 'Created', { ...ACCOUNT_ANSWER_EXAMPLE, api_key: KEY_EXAMPLE.api_key })
  async create(@ValidBody(NewAccount) body: NewAccount) {
    const { account, apiKey } = await this.accounts.create(body);
    return { ...showAccount(account, NO_CREDENTIALS, null), api_key: apiKey };
  }

  @Get()
  @AdminOnly()
  @ApiOperation({ summary: 'List accounts' })
  @DocumentedQuery(PageQuery)
  @DocumentedAnswer(200, 'One page', { items: [ACCOUNT_ANSWER_EXAMPLE], next_cursor: null })
  async list(@ValidQuery(PageQuery) page: PageQuery) {
    const found = await this.accounts.list(page);
    return { items: await this.show(found.items), next_cursor: found.next_cursor };
  }

  @Get(':account_id')
  @ApiOperation({ summary: 'One account' })
  @DocumentedAnswer(200, 'The account', ACCOUNT_ANSWER_EXAMPLE)
  async one(@Caller() caller: Principal, @Param('account_id') accountId: string) {
    return this.showOne(await this.scope.account(caller, accountId));
  }

  @Patch(':account_id')
  @AdminOnly()
  @ApiOperation({ summary: 'Change an account; what is left out stays' })
  @DocumentedBody(AccountChange, { share_patterns: true, settings: { half_life_days: { ctr: 5 } } })
  @DocumentedAnswer(200, 'The account as it is now', ACCOUNT_ANSWER_EXAMPLE)
  async change(
    @Caller() caller: Principal,
    @Param('account_id') accountId: string,
    @ValidBody(AccountChange) body: AccountChange,
  ) {
    const account = await this.scope.account(caller, accountId);
    return this.showOne(await this.accounts.change(account.accountId, body));
  }

  @Post(':account_id/keys')
  @AdminOnly()
  @ApiOperation({ summary: 'Create a key; it is shown once' })
  @DocumentedBody(NewKey, { name: 'web shop', role: 'ingest' })
  @DocumentedAnswer(201, 'Created', KEY_EXAMPLE)
  async addKey(
    @Caller() caller: Principal,
    @Param('account_id') accountId: string,
    @ValidBody(NewKey) body: NewKey,
  ) {
    const account = await this.scope.account(caller, accountId);
    const { keyId, apiKey } = await this.accounts.addKey(account.accountId, body);
    return { key_id: keyId, api_key: apiKey };
  }

  @Delete(':account_id/keys/:key_id')
  @AdminOnly()
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key' })
  @ApiResponse({ status: 204, description: 'Revoked; every process refuses it within a second' })
  async revokeKey(
    @Caller() caller: Principal,
    @Param('account_id') accountId: string,
    @Param('key_id') keyId: string,
  ): Promise<void> {
    const account = await this.scope.account(caller, accountId);
    await this.accounts.revokeKey(account.accountId, keyId);
  }

  @Put(':account_id/credentials')
  @ApiOperation({
    summary:
      'Store credentials, which can never be read back, and ask the platform what they may do',
  })
  @DocumentedBody(NewCredentials, CREDENTIALS_EXAMPLE)
  @DocumentedAnswer(200, 'Which platforms have credentials, and what each says of the new ones', {
    ...{ meta: true, x: false, bluesky: false },
    checks: {
      meta: {
        outcome: 'accepted',
        detail: 'Ad account act_1234 can be read. The token may read and change ads.',
        permissions: ['ads_management', 'ads_read'],
      },
    },
  })
  async putCredentials(
    @Caller() caller: Principal,
    @Param('account_id') accountId: string,
    @ValidBody(NewCredentials) body: NewCredentials,
  ) {
    const account = await this.scope.account(caller, accountId);
    await this.credentials.put(account.accountId, body);
    const checks = await this.credentials.verdicts(account, body);
    const present = await this.credentials.present([account.accountId]);
    return { ...present.get(account.accountId), checks };
  }

  private async showOne(account: Account) {
    return (await this.show([account]))[0];
  }

  /** Two queries, however many accounts there are. */
  private async show(accounts: readonly Account[]) {
    const ids = accounts.map(({ accountId }) => accountId);
    const credentials = await this.credentials.present(ids);
    const plans = await this.plans.ofAll(ids);
    return accounts.map((account) => {
      const { accountId } = account;
      const present = credentials.get(accountId) ?? NO_CREDENTIALS;
      return showAccount(account, present, plans.get(accountId) ?? null);
    });
  }
}

function showAccount(account: Account, credentials: Record<Platform, boolean>, plan: Plan | null) {
  return {
    account_id: account.accountId,
    name: account.name,
    niche: account.niche,
    currency: account.currency,
    timezone: account.timezone,
    simulated: account.simulated,
    share_patterns: account.sharePatterns,
    attribution_window_days: account.attributionWindowDays,
    conversion_events: account.conversionEvents,
    lead_events: account.leadEvents,
    conversion_source: account.conversionSource,
    settings: account.settings,
    credentials,
    plan,
    created_at: account.createdAt.toISOString(),
    updated_at: account.updatedAt.toISOString(),
  };
}
