// How well the cache of look-ups does. Here beside the decisions that rest on it; the cache itself
// is learning's.
import { Controller, Delete, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, type Principal } from '../accounts/index.js';
import { SemanticCache } from '../learning/index.js';
import {
  DocumentedAnswer,
  DocumentedQuery,
  Id,
  Type,
  ValidQuery,
  type Static,
} from '../shared/index.js';

const CacheQuery = Type.Object({
  account_id: Type.Optional(Id('Admin callers name the account.')),
});
type CacheQuery = Static<typeof CacheQuery>;

const FIGURES_EXAMPLE = {
  exact_hits: 136_800,
  semantic_hits: 400,
  misses: 6_800,
  hit_rate: 0.953,
  mean_abs_score_error: 0.0004,
  wrong_hit_upper_bound: 0.0031,
  recomputed: 2_700,
  wrong_hits: 4,
};

@ApiTags('sampling')
@Controller('v1/sampling/cache')
export class CacheController {
  constructor(
    private readonly cache: SemanticCache,
    private readonly scope: AccountScope,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Hits of the look-up cache, and how wrong they were',
    description:
      'Of the account, in this process since its start; the admin sees all accounts together ' +
      'unless one is named. Errors are over the 2 % of hits recomputed.',
  })
  @DocumentedQuery(CacheQuery)
  @DocumentedAnswer(200, 'The figures', {
    ...FIGURES_EXAMPLE,
    ...{ entries: 2_140, errors: 0, redis: false, similarity: 'local-1' },
    by_kind: { patterns: FIGURES_EXAMPLE },
  })
  async figures(@Caller() caller: Principal, @ValidQuery(CacheQuery) query: CacheQuery) {
    if (caller.kind === 'admin' && query.account_id === undefined) return this.cache.report();
    const { accountId } = await this.scope.account(caller, query.account_id);
    return this.cache.report(accountId);
  }

  @Delete()
  @ApiOperation({
    summary: 'Forget what was looked up for an account, in every process',
    description:
      'Never needed for right answers, since a question holds all that decides its answer; for whoever mistrusts them.',
  })
  @DocumentedQuery(CacheQuery)
  @DocumentedAnswer(200, 'Forgotten', { account_id: 'acme', forgotten: true })
  async forget(@Caller() caller: Principal, @ValidQuery(CacheQuery) query: CacheQuery) {
    const { accountId } = await this.scope.account(caller, query.account_id);
    await this.cache.dropScope(accountId);
    return { account_id: accountId, forgotten: true };
  }
}
