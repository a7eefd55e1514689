// Ads as people look at them: what they are, what they brought, what is believed of them. Here and
// not in accounts, because this is the leftmost room that reaches all of it.
import assert from 'node:assert/strict';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AccountScope,
  AdsService,
  Caller,
  type Account,
  type Principal,
} from '../accounts/index.js';
import {
  Breather,
  CallerLeft,
  DocumentedAnswer,
  DocumentedQuery,
  DomainError,
  FaultCollector,
  PageQuery,
  Type,
  ValidQuery,
  readCursor,
  toPage,
  type Static,
} from '../shared/index.js';
import { AD_EXAMPLE, showAd } from './ad-answer.js';
import { BeliefsService } from '../learning/index.js';

const AdQuery = Type.Object({
  account_id: Type.Optional(Type.String({ description: 'Admin callers name the account.' })),
  as_of: Type.Optional(Type.String({ description: "The caller's clock; default now." })),
});
type AdQuery = Static<typeof AdQuery>;

const AdsQuery = Type.Composite([
  PageQuery,
  AdQuery,
  Type.Object({
    campaign_id: Type.Optional(Type.String({ description: 'Only the ads of this campaign.' })),
  }),
]);
type AdsQuery = Static<typeof AdsQuery>;

@ApiTags('accounts and ads')
@Controller('v1/ads')
export class AdsViewController {
  constructor(
    private readonly scope: AccountScope,
    private readonly ads: AdsService,
    private readonly beliefs: BeliefsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Ads with totals and beliefs, in the order of their ids' })
  @DocumentedQuery(AdsQuery)
  @DocumentedAnswer(200, 'One page', { items: [AD_EXAMPLE], next_cursor: null })
  async list(
    @Caller() caller: Principal,
    @ValidQuery(AdsQuery) query: AdsQuery,
    @CallerLeft() signal: AbortSignal,
  ) {
    const account = await this.scope.account(caller, query.account_id);
    const faults = new FaultCollector();
    const at = await faults.of(() => this.clockOf(account, query));
    const after = await faults.of(() => readCursor(query.cursor, 1)?.[0]);
    faults.end();
    assert(at, 'what was refused is told above');
    const { campaign_id: campaignId, limit } = query;
    const key = JSON.stringify(['page', query.as_of, after, campaignId, limit]);
    const look = { key, at, signal };
    return this.beliefs.look(account, look, async (asOf, beliefsOf) => {
      const rows = await this.ads.page(account.accountId, { after, campaignId, limit: limit + 1 });
      const shown = rows.slice(0, limit);
      const show = showAd(account, await beliefsOf(shown), asOf);
      // Curves are drawn; two hundred of them are not drawn in one go.
      const breather = new Breather();
      const answers = new Map<string, ReturnType<typeof show>>();
      for (const ad of shown) {
        answers.set(ad.adId, show(ad));
        if (breather.isDue) await breather.rest();
      }
      return toPage(
        rows,
        limit,
        (ad) => [ad.adId],
        (ad) => answers.get(ad.adId) ?? show(ad),
      );
    });
  }

  @Get(':ad_id')
  @ApiOperation({ summary: 'One ad with totals, belief and response curve' })
  @DocumentedQuery(AdQuery)
  @DocumentedAnswer(200, 'The ad', AD_EXAMPLE)
  async one(
    @Caller() caller: Principal,
    @Param('ad_id') adId: string,
    @ValidQuery(AdQuery) query: AdQuery,
    @CallerLeft() signal: AbortSignal,
  ) {
    const account = await this.scope.account(caller, query.account_id);
    const at = await this.clockOf(account, query);
    const [ad] = await this.ads.byIds(account.accountId, [adId]);
    if (!ad) throw new DomainError(404, 'ads.unknown', 'The account has no such ad.');
    const key = JSON.stringify(['one', query.as_of, adId]);
    return this.beliefs.look(account, { key, at, signal }, async (asOf, beliefsOf) =>
      showAd(account, await beliefsOf([ad]), asOf)(ad),
    );
  }

  /** Checks `as_of` at once; the present is asked for when the answer is made. */
  private async clockOf(account: Account, { as_of }: AdQuery): Promise<() => Promise<Date>> {
    const asked = await this.scope.asOf(account, as_of);
    return as_of === undefined ? () => this.scope.now(account) : () => Promise.resolve(asked);
  }
}
