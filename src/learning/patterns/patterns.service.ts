// What accounts learn from each other, for those who read it.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import { normalisedNiche } from './creative-features.js';
import { publishedNumbers } from './patterns.queries.js';
import { ANY_NICHE } from './published-number.js';
import { SharedKnowledge } from './shared-knowledge.js';

@Injectable()
export class PatternsService {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /**
   * What the account may know of the others as of an instant: nothing unless it shares itself. The
   * niche is the account's own unless another one is asked for.
   */
  async knowledgeOf(
    account: Pick<Account, 'sharePatterns' | 'niche'>,
    asOf: Date,
    niche: string | null = account.niche,
  ): Promise<SharedKnowledge> {
    const name = normalisedNiche(niche);
    if (!account.sharePatterns) return new SharedKnowledge([], name);
    const niches = name === null ? [ANY_NICHE] : [name, ANY_NICHE];
    return new SharedKnowledge(await publishedNumbers(this.database.manager, asOf, niches), name);
  }
}
