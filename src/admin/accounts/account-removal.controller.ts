import { Controller, Delete, HttpCode, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../accounts/index.js';
import { DocumentedQuery, Name, Type, ValidQuery, type Static } from '../../shared/index.js';
import { AccountRemoval } from './account-removal.service.js';

const RemovalQuery = Type.Object({
  confirm: Name(200, "The account's name, letter by letter."),
});
type RemovalQuery = Static<typeof RemovalQuery>;

@ApiTags('accounts and ads')
@Controller('v1/accounts')
export class AccountRemovalController {
  constructor(private readonly removal: AccountRemoval) {}

  @Delete(':account_id')
  @AdminOnly()
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an account and all that is stored of it, for good' })
  @DocumentedQuery(RemovalQuery)
  async remove(
    @Param('account_id') accountId: string,
    @ValidQuery(RemovalQuery) { confirm }: RemovalQuery,
  ): Promise<void> {
    await this.removal.remove(accountId, confirm);
  }
}
