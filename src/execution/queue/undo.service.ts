// Taking a completed change back: a look at the object, then the inverse change in the queue like
// any other. It restores the value, never the money.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Account } from '../../accounts/index.js';
import { DomainError, PlatformError } from '../../shared/index.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import { AdChange } from '../objects/change.entity.js';
import { valueOf, type ObjectImage } from '../objects/object-image.js';
import { ChangeIntake } from './change-intake.service.js';
import type { ChangeValues } from './change-input.js';
import { ChangesService, wrongState } from './changes.service.js';
import { earlierUndos, lockIntake } from './intake.queries.js';
import { inverseOf } from './inverse.js';

@Injectable()
export class UndoService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly changes: ChangesService,
    private readonly intake: ChangeIntake,
    private readonly objects: AdObjects,
  ) {}

  /**
   * Queues the inverse of a completed change; asked again, answers the one under way.
   * @throws DomainError 409 `execution.not_completed` or `execution.drift`, 422 where a rule
   * forbids it.
   */
  async undo(account: Account, id: string, requestedBy: string): Promise<AdChange> {
    const change = await this.changes.one(account.accountId, id);
    const { status, beforeImage, afterImage } = change;
    if (status !== 'completed' || !beforeImage || !afterImage) {
      throw wrongState('execution.not_completed', change, 'only a completed one can be undone');
    }
    const live = valueOf(await this.lookNow(account, change.adId), change.changeType);
    if (live !== valueOf(afterImage, change.changeType)) {
      const detail =
        'The live value is no longer the one this change set: someone changed it since.';
      throw new DomainError(409, 'execution.drift', detail);
    }
    const inverse = inverseOf({ ...change, beforeImage, afterImage });
    if (inverse) return this.queue(account, id, inverse, requestedBy);
    const detail = 'The object had no such value before, so there is nothing to go back to.';
    throw new DomainError(422, 'execution.nothing_before', detail);
  }

  private async queue(
    account: Account,
    undoOf: string,
    inverse: Omit<ChangeValues, 'idempotencyKey'>,
    requestedBy: string,
  ): Promise<AdChange> {
    const { accountId } = account;
    const preconditions = await this.intake.preconditions(account, [inverse.adId]);
    return this.database.transaction(async (manager) => {
      await lockIntake(manager, accountId);
      const { count, standing } = await earlierUndos(manager, accountId, undoOf);
      if (standing !== null) return manager.findOneByOrFail(AdChange, { accountId, id: standing });
      // An undo that was cancelled or refused stays in the record; the next one has its own key.
      const idempotencyKey = count === 0 ? `undo:${undoOf}` : `undo:${undoOf}:${count + 1}`;
      const item = { ...inverse, idempotencyKey };
      const request = { origin: 'undo', requestedBy, undoOf } as const;
      const [result] = await this.intake.take(manager, account, [item], preconditions, request);
      if (result?.kind === 'accepted') {
        return manager.findOneByOrFail(AdChange, { accountId, id: result.row.id });
      }
      const refused = result?.kind === 'rejected' ? result : null;
      const detail = `The change cannot be undone: ${refused?.detail ?? 'its key is taken'}.`;
      throw new DomainError(422, refused?.code ?? 'execution.key_conflict', detail);
    });
  }

  private async lookNow(account: Account, adId: string): Promise<ObjectImage> {
    try {
      return await this.objects.look(account, adId);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      const isPassing = ['transient', 'throttled', 'ambiguous'].includes(error.kind);
      if (!isPassing) throw new DomainError(422, `execution.${error.kind}`, error.message);
      const retryAfterSeconds = (error.retryAfterMs ?? 5000) / 1000;
      const code = 'execution.platform_unavailable';
      throw new DomainError(503, code, error.message, { retryAfterSeconds });
    }
  }
}
