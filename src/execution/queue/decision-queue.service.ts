// Picks up the decisions that sampling marked for applying and turns them into changes. A later
// stage asks; the earlier one never calls forwards.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountScope } from '../../accounts/index.js';
import { DecisionsService, type DecisionToApply } from '../../sampling/index.js';
import { ChangeIntake } from './change-intake.service.js';
import { decisionChanges } from './decision-changes.js';
import { supersedeEarlierDecisions } from './supersede-decisions.queries.js';

/** Decisions in one transaction: a decision of a large account is a thousand changes already. */
const DECISIONS_PER_TRANSACTION = 5;
/** Queueing takes milliseconds; after two seconds the answer says what there is. */
const LOOKS_MAX = 40;
const LOOK_PAUSE_MILLIS = 50;

@Injectable()
export class DecisionQueue {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly decisions: DecisionsService,
    private readonly scope: AccountScope,
    private readonly intake: ChangeIntake,
  ) {}

  /**
   * Queues every marked decision and answers how many changes that made. One pass at a time in a
   * process: a pass holds a connection and asks for another, which a crowd of them could exhaust.
   */
  queueDue(): Promise<number> {
    const pass = this.last.then(() => this.drain());
    this.last = pass.catch(() => undefined);
    return pass;
  }

  /**
   * The same, and waits for another process that may just be queueing this very decision: a marked
   * decision that is skipped here is locked there.
   */
  async queueNow(accountId: string, decisionId: string): Promise<void> {
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      await this.queueDue();
      if ((await this.decisions.queuedAt(accountId, decisionId)) !== null) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_PAUSE_MILLIS));
    }
  }

  private async drain(): Promise<number> {
    let queued = 0;
    for (;;) {
      const { decisions, changes } = await this.database.transaction(async (manager) => {
        const due = await this.decisions.takeForQueueing(manager, DECISIONS_PER_TRANSACTION);
        let made = 0;
        for (const decision of due) made += await this.queue(manager, decision);
        return { decisions: due.length, changes: made };
      });
      queued += changes;
      if (decisions < DECISIONS_PER_TRANSACTION) return queued;
    }
  }

  private async queue(manager: EntityManager, decision: DecisionToApply): Promise<number> {
    const { accountId, decisionId, requestedBy, needsApproval } = decision;
    const account = await this.scope.account({ kind: 'admin', name: 'admin' }, accountId);
    const items = decisionChanges(decision);
    const grounds = await this.intake.grounds(
      account,
      items.map((item) => item.adId),
    );
    const request = { origin: 'decision', requestedBy, decisionId, needsApproval } as const;
    const results = await this.intake.take(manager, account, items, grounds, request);
    const decided = decision.recommendations.map((item) => item.adId);
    await supersedeEarlierDecisions(manager, accountId, decisionId, decided);
    await this.decisions.markQueued(manager, accountId, decisionId);
    return results.filter((result) => result.kind === 'accepted').length;
  }
}
