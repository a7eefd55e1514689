import assert from 'node:assert/strict';
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, type Principal } from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedQuery,
  FaultCollector,
  PageQuery,
  Type,
  ValidQuery,
  invalidInput,
  readCursor,
  toPage,
  type Static,
} from '../../shared/index.js';
import { patternKey } from './creative-features.js';
import { PATTERNS_EXAMPLE, showPattern, showPatterns } from './patterns-answer.js';
import { PatternsService } from './patterns.service.js';
import { readFeatures } from './read-features.js';
import type { SimilarPattern } from './shared-knowledge.js';

const PatternsQuery = Type.Object({
  ...PageQuery.properties,
  account_id: Type.Optional(Type.String({ description: 'Admin callers name the account.' })),
  as_of: Type.Optional(Type.String({ description: "The caller's clock; default now." })),
  niche: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: "Default the account's own niche." }),
  ),
  features: Type.Optional(
    Type.String({
      maxLength: 2000,
      description:
        'A creative to find similar patterns of: hook_type=question,format=video or a JSON ' +
        'object. Without it every shared pattern is listed.',
    }),
  ),
});
type PatternsQuery = Static<typeof PatternsQuery>;

@ApiTags('learning')
@Controller('v1/learning/patterns')
export class PatternsController {
  constructor(
    private readonly scope: AccountScope,
    private readonly patterns: PatternsService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'What accounts learn from each other: similar patterns and the priors of a new ad',
  })
  @DocumentedQuery(PatternsQuery)
  @DocumentedAnswer(200, 'Similar patterns, the likest first', PATTERNS_EXAMPLE)
  async list(@Caller() caller: Principal, @ValidQuery(PatternsQuery) query: PatternsQuery) {
    const faults = new FaultCollector();
    const creative = await faults.of(() => requestedCreative(query.features));
    await faults.of(() => readCursor(query.cursor, 2));
    const account = await faults.of(() => this.scope.account(caller, query.account_id));
    const asOf = account && (await faults.of(() => this.scope.asOf(account, query.as_of)));
    faults.end();
    assert(creative !== undefined && account && asOf, 'what was refused is told above');
    const knowledge = await this.patterns.knowledgeOf(account, asOf, query.niche);
    return showPatterns(account, knowledge, pageOf(knowledge.findSimilarPatterns(creative), query));
  }
}

function requestedCreative(features: string | undefined) {
  const creative = readFeatures(features);
  if (creative !== undefined) return creative;
  const detail = 'must be name=value pairs separated by commas, or a JSON object';
  throw invalidInput([{ pointer: '/features', detail }]);
}

/** The cursor names the last pattern seen; a number may be withdrawn, so it may be gone. */
function pageOf(patterns: readonly SimilarPattern[], { limit, cursor }: PageQuery) {
  const seen = readCursor(cursor, 2)?.join(' ');
  const last = patterns.findIndex((pattern) => placeOf(pattern).join(' ') === seen);
  if (seen !== undefined && last < 0) {
    const detail = 'its pattern is not shown any more: begin with the first page';
    throw invalidInput([{ pointer: '/cursor', detail }]);
  }
  return toPage(patterns.slice(last + 1, last + limit + 2), limit, placeOf, showPattern);
}

function placeOf({ niche, features }: SimilarPattern): string[] {
  return [niche ?? '', patternKey(features)];
}
