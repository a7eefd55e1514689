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

/** The contract's bound on one import. */
const IMPORT_BYTES_MAX = 1024 * 1024 * 1024;

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

@ApiTags('metrics')
@Controller('v1/imports')
export class ImportsController {
  constructor(
    private readonly scope: AccountScope,
    private readonly adsImport: AdsImport,
  ) {}

  @Post('ads')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Import an ads export (CSV up to 1 GiB, streamed)',
    description:
      'Ads Manager exports (whole period or by Day) and the KAG layout; headers match by alias. A ' +
      'bad row is reported with its line, the rest goes in; importing twice changes nothing.',
  })
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @DocumentedQuery(ImportQuery)
  @DocumentedAnswer(200, 'What was found and kept', REPORT_EXAMPLE)
  async ads(
    @Caller() caller: Principal,
    @ValidQuery(ImportQuery) query: ImportQuery,
    @Req() request: { body: unknown },
  ): Promise<ImportReport> {
    const account = await this.scope.account(caller, namedAccount(query));
    if (query.currency !== undefined && query.currency !== account.currency) {
      throw new DomainError(
        422,
        'imports.currency',
        `The account is kept in ${account.currency}; amounts are never converted.`,
      );
    }
    return this.adsImport.run(account, bounded(csvStream(request.body)), {
      asOf: await this.scope.now(account),
      dryRun: query.dry_run,
    });
  }
}

function csvStream(body: unknown): AsyncIterable<Buffer> {
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) {
    return body as AsyncIterable<Buffer>;
  }
  throw new DomainError(415, 'imports.content_type', 'Send the file as text/csv.');
}

async function* bounded(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > IMPORT_BYTES_MAX) {
      throw new DomainError(413, 'imports.too_large', 'The file is larger than 1 GiB.');
    }
    yield chunk;
  }
}
