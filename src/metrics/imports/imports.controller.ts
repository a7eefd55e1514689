import { Readable } from 'node:stream';
import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountScope, Caller, namedAccount, type Principal } from '../../accounts/index.js';
import {
  DocumentedAnswer,
  DocumentedQuery,
  DomainError,
  Type,
  ValidQuery,
  type Static,
} from '../../shared/index.js';
import { AdsImport, type ImportReport } from './ads-import.service.js';
import { Uploads } from './uploads/uploads.service.js';

const ImportQuery = Type.Object({
  account_id: Type.Optional(Type.String({ description: 'Admin callers name the account.' })),
  currency: Type.Optional(Type.String({ description: "Must equal the account's currency." })),
  dry_run: Type.Boolean({ default: false, description: 'Detect and check, store nothing.' }),
});
type ImportQuery = Static<typeof ImportQuery>;

const REPORT_EXAMPLE: ImportReport = {
  dry_run: false,
  layout: 'kag',
  level: 'ad',
  grain: 'total',
  columns: { adId: 'ad_id', impressions: 'Impressions' },
  warnings: [],
  rows: 1143,
  new_ads: 1143,
  accepted: 1143,
  duplicates: 0,
  skipped: 0,
  rejected_rows: 0,
  rejected: [],
};

const FILE_EXAMPLE = [
  'Ad ID,Campaign ID,Reporting starts,Reporting ends,Impressions,Link clicks,Amount spent',
  '23842000000000001,23842000000000900,2026-11-20,2026-11-20,12000,180,64.05',
  '',
].join('\n');

@ApiTags('metrics')
@Controller('v1/imports')
export class ImportsController {
  constructor(
    private readonly scope: AccountScope,
    private readonly adsImport: AdsImport,
    private readonly uploads: Uploads,
  ) {}

  @Post('ads')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Import an ads export (CSV up to 1 GiB, streamed)',
    description:
      'Ads Manager exports (whole period or by Day) and the KAG layout; headers match by alias. A ' +
      'bad row is reported with its line, the rest goes in; importing twice changes nothing. At ' +
      'most two uploads of an account at a time, the next is 429; one that pauses for 120 s is 408.',
  })
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string' }, examples: { example: { value: FILE_EXAMPLE } } })
  @DocumentedQuery(ImportQuery)
  @DocumentedAnswer(200, 'What was found and kept', REPORT_EXAMPLE)
  async ads(
    @Caller() caller: Principal,
    @ValidQuery(ImportQuery) query: ImportQuery,
    @Req() request: { body: unknown; headers: Record<string, unknown> },
  ): Promise<ImportReport> {
    const account = await this.scope.account(caller, namedAccount(query));
    if (query.currency !== undefined && query.currency !== account.currency) {
      throw new DomainError(
        422,
        'imports.currency',
        `The account is kept in ${account.currency}; amounts are never converted.`,
      );
    }
    const asOf = await this.scope.now(account);
    const upload = { body: csvStream(request.body), announcedBytes: announced(request.headers) };
    return this.uploads.within(account.accountId, upload, (source) =>
      this.adsImport.run(account, source, { asOf, dryRun: query.dry_run }),
    );
  }
}

function csvStream(body: unknown): Readable {
  if (body instanceof Readable) return body;
  throw new DomainError(415, 'imports.content_type', 'Send the file as text/csv.');
}

function announced(headers: Record<string, unknown>): number | null {
  const length = Number(headers['content-length'] ?? Number.NaN);
  return Number.isFinite(length) ? length : null;
}
