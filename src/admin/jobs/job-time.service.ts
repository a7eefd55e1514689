// The "now" that a caller may give to a run of a job.
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../../accounts/index.js';
import { Clock, invalidInput, parseInstant, CLOCK_TOLERANCE_MILLIS } from '../../shared/index.js';

@Injectable()
export class JobTime {
  constructor(
    private readonly accounts: AccountsService,
    private readonly clock: Clock,
  ) {}

  /**
   * A job works for every account, so a time ahead of the server is taken only where all of them
   * are simulated and have clocks of their own.
   */
  async asOf(requested: string | undefined): Promise<Date | null> {
    if (requested === undefined) return null;
    const instant = parseInstant(requested);
    if (!instant) throw invalid('must be an ISO 8601 time with zone');
    const ahead = instant.getTime() - this.clock.now().getTime();
    if (ahead > CLOCK_TOLERANCE_MILLIS && (await this.anyRealAccount())) {
      throw invalid('lies more than 10 minutes ahead of the server');
    }
    return instant;
  }

  private async anyRealAccount(): Promise<boolean> {
    const accounts = await this.accounts.all();
    return accounts.some((account) => !account.simulated);
  }
}

function invalid(detail: string) {
  return invalidInput([{ pointer: '/as_of', detail }]);
}
