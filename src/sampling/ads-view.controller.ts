// Ads as people look at them: what they are, what they brought, what is believed of them. Here and
// not in accounts, because this is the leftmost room that reaches all of it.
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, type Principal } from '../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedQuery,
  DomainError,
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
    private readonly beliefs: BeliefsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Ads with totals and beliefs, in the order of their ids' })
  @DocumentedQuery(AdsQuery)
  @DocumentedAnswer(200, 'One page', { items: [AD_EXAMPLE], next_cursor: null })
  async list(@Caller() caller: Principal, @ValidQuery(AdsQuery) query: AdsQuery) {
    const account = await this.scope.account(caller, query.account_id);
    const asOf = await this.scope.asOf(account, query.as_of);
    const after = readCursor(query.cursor, 1)?.[0];
    const beliefs = await this.beliefs.ofAccount(account, asOf);
    const rows = [...beliefs.reports.ads.values()]
      .filter((ad) => query.campaign_id === undefined || ad.campaignId === query.campaign_id)
      .filter((ad) => after === undefined || ad.adId > after)
      .sort((left, right) => (left.adId < right.adId ? -1 : 1));
    const show = showAd(account, beliefs, asOf);
    return toPage(rows, query.limit, (ad) => [ad.adId], show);
  }

  @Get(':ad_id')
  @ApiOperation({ summary: 'One ad with totals, belief and response curve' })
  @DocumentedQuery(AdQuery)
  @DocumentedAnswer(200, 'The ad', AD_EXAMPLE)
  async one(
    @Caller() caller: Principal,
    @Param('ad_id') adId: string,
    @ValidQuery(AdQuery) query: AdQuery,
  ) {
    const account = await this.scope.account(caller, query.account_id);
    const asOf = await this.scope.asOf(account, query.as_of);
    const beliefs = await this.beliefs.ofAccount(account, asOf);
    const ad = beliefs.reports.ads.get(adId);
    if (!ad) throw new DomainError(404, 'ads.unknown', 'The account has no such ad.');
    return showAd(account, beliefs, asOf)(ad);
  }
}
