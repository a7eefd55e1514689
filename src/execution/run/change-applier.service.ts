// A group of claimed changes from the look at their objects to their ends: look, judge, and either
// leave each with a reason or hand it to the writer. Which of these it is, is decided in guards.ts.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config, PlatformError } from '../../shared/index.js';
import type { Observation } from '../objects/object-image.js';
import type { AccountPass, Candidate, Ending } from './account-pass.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import { ChangeWriter } from './change-writer.service.js';
import type { AdChange } from '../objects/change.entity.js';
import { approvalExpiry } from '../guards/approval-expiry.js';
import { modeOf } from '../guards/execution-mode.js';
import { leaveClaims, type Leaving, type Left } from '../queue/claims.queries.js';
import { Failures } from './failures.service.js';
import type { Deferral } from '../guards/guard-rules.js';
import { GuardLooks } from './guard-looks.service.js';
import { judge, shadowWords, warningsOf, type GuardFacts } from '../guards/guards.js';
import { Reservations } from './reservations.service.js';
import { stops, type HeldBack } from '../guards/reserve-group.js';
import { sleepOf } from '../objects/sleep.queries.js';
import { Validation, opinionWords } from './validation.service.js';

@Injectable()
export class ChangeApplier {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly objects: AdObjects,
    private readonly looks: GuardLooks,
    private readonly reservations: Reservations,
    private readonly validation: Validation,
    private readonly writer: ChangeWriter,
    private readonly failures: Failures,
    private readonly config: Config,
  ) {}

  async apply(group: readonly AdChange[], pass: AccountPass): Promise<Ending[]> {
    pass.asleep ??= await sleepOf(this.database.manager, [...pass.sleepKeys]);
    if (pass.asleep) return this.rest(group, pass);
    if (pass.failure) return this.leave(await this.failedLooks(group, pass, pass.failure), pass);
    const looks = await this.looks.before(group, pass);
    const spend = await this.looks.recentSpend(group, pass);
    const left: Left[] = [];
    const candidates: Candidate[] = [];
    for (const [index, change] of group.entries()) {
      const look = looks[index];
      if (!look || look instanceof PlatformError) {
        left.push({ change, leaving: await this.failedLook(change, pass, look) });
        continue;
      }
      const facts = this.looks.factsOf(change, pass, look, spend.get(change.adId) ?? null);
      const leaving = this.leavingOf(facts, pass, look);
      if (leaving) left.push({ change, leaving });
      else candidates.push({ change, before: look, warnings: warningsOf(facts) });
      // The next pause of this pass must see that one fewer is left.
      if (!leaving && stops(change)) pass.active?.delete(change.adId);
    }
    if (!this.writesTo(pass)) {
      return this.leave([...left, ...(await this.shadowed(candidates, pass))], pass);
    }
    const { good, bad } = await this.validated(candidates, pass);
    const endings = await this.leave([...left, ...bad], pass);
    return [...endings, ...(await this.write(good, pass))];
  }

  /** Gives claims back untouched: nothing was sent, so nothing is lost. */
  async handBack(
    changes: readonly AdChange[],
    waitMillis = 0,
    blockedBy?: string,
  ): Promise<Ending[]> {
    const leaving = { to: 'pending', waitMillis, blockedBy } as const;
    const left = changes.map((change) => ({ change, leaving }));
    const moved = await leaveClaims(this.database.manager, left);
    return changes.map(({ id }) => (moved.has(id) ? 'handed_back' : 'lost'));
  }

  private async write(candidates: Candidate[], pass: AccountPass): Promise<Ending[]> {
    if (candidates.length === 0) return [];
    const outcomes = await this.writer.carryOut(candidates, pass);
    const endings = outcomes.flatMap(({ ending }) =>
      typeof ending === 'object' || ending === 'lost' ? [] : [ending],
    );
    const held = outcomes.flatMap(({ candidate, ending }) =>
      typeof ending === 'object' ? [heldBack(candidate, ending, pass)] : [],
    );
    // Not marked, because of the kill switch: those claims are still ours to give back.
    const unmarked = outcomes.filter(({ ending }) => ending === 'lost');
    const back = await this.handBack(unmarked.map(({ candidate }) => candidate.change));
    return [...endings, ...(await this.leave(held, pass)), ...back];
  }

  /** Those that the platform would take; what has to wait anyway is not worth a question. */
  private async validated(
    candidates: Candidate[],
    pass: AccountPass,
  ): Promise<{ good: Candidate[]; bad: Left[] }> {
    if (!this.objects.validates(pass.account)) return { good: candidates, bad: [] };
    const { go, held } = await this.reservations.foresee(candidates, pass);
    const bad = candidates.flatMap((candidate): Left[] => {
      const reason = held.get(candidate.change.id);
      return reason ? [heldBack(candidate, reason, pass)] : [];
    });
    const good: Candidate[] = [];
    const opinions = await this.validation.of(go, pass);
    for (const [index, candidate] of go.entries()) {
      const opinion = opinions[index];
      if (!(opinion instanceof PlatformError)) good.push(candidate);
      else {
        const { change, before, warnings } = candidate;
        const leaving = await this.failedLook(change, pass, opinion);
        bad.push({ change, leaving: { ...leaving, before, warnings } });
      }
    }
    return { good: pass.asleep ? [] : good, bad: [...bad, ...this.resting(good, pass)] };
  }

  /** Shadow mode: the platform checks what would have been written, where it can be asked. */
  private async shadowed(candidates: Candidate[], pass: AccountPass): Promise<Left[]> {
    const opinions = await this.validation.of(candidates, pass);
    for (const [index, { change }] of candidates.entries()) {
      const opinion = opinions[index];
      // Asking on while blocked would lengthen the block, in shadow mode too.
      if (opinion instanceof PlatformError) await this.failedLook(change, pass, opinion);
      if (pass.asleep) break;
    }
    return candidates.map(({ change, before, warnings }, index) => {
      const detail = shadowWords({ kind: 'allowed' }, before.image.source);
      const told = `${detail}${opinionWords(opinions[index] ?? null)}`;
      return { change, leaving: { to: 'shadowed', detail: told, before, warnings } };
    });
  }

  /** How a change leaves that is not to be written now; null = it may be. */
  private leavingOf(facts: GuardFacts, pass: AccountPass, before: Observation): Leaving | null {
    const verdict = judge(facts);
    if (verdict.kind === 'blocked') {
      return { to: 'blocked', blockedBy: verdict.code, detail: verdict.detail, before };
    }
    const warnings = warningsOf(facts);
    if (!this.writesTo(pass) && verdict.kind !== 'allowed') {
      const detail = shadowWords(verdict, before.image.source);
      return { to: 'shadowed', detail, before, warnings };
    }
    switch (verdict.kind) {
      case 'already': {
        const after = { image: before.image, at: pass.now };
        const detail = 'it was so already; nothing was written';
        return { to: 'completed', detail, before, after };
      }
      case 'approval': {
        const { code: blockedBy, detail } = verdict;
        const approvalExpiresAt = approvalExpiry(pass.now);
        return { to: 'awaiting_approval', blockedBy, detail, before, warnings, approvalExpiresAt };
      }
      case 'deferred':
        return { ...waiting(pass, verdict), before, warnings };
      case 'allowed':
        return null;
    }
  }

  private async failedLooks(
    group: readonly AdChange[],
    pass: AccountPass,
    failure: PlatformError,
  ): Promise<Left[]> {
    const left: Left[] = [];
    for (const change of group) {
      left.push({ change, leaving: await this.failedLook(change, pass, failure) });
    }
    return left;
  }

  private async failedLook(
    change: AdChange,
    pass: AccountPass,
    failure = new PlatformError('transient', 'no answer'),
  ): Promise<Leaving> {
    const next = this.failures.consequence(change, failure, false);
    await this.failures.sleep(pass, next, failure.message);
    const blockedBy = 'blockedBy' in next ? next.blockedBy : null;
    const waitMillis = 'waitMillis' in next ? next.waitMillis : null;
    return { to: next.to, waitMillis, blockedBy, detail: failure.message };
  }

  private rest(group: readonly AdChange[], pass: AccountPass): Promise<Ending[]> {
    return this.leave(
      this.resting(
        group.map((change) => ({ change })),
        pass,
      ),
      pass,
    );
  }

  /** How changes leave an account that sleeps; [] while it does not. */
  private resting(group: readonly { change: AdChange }[], { asleep }: AccountPass): Left[] {
    if (!asleep) return [];
    const { waitMillis, blockedBy, detail } = asleep;
    return group.map(({ change }) => ({
      change,
      leaving: { to: 'pending', waitMillis, blockedBy, detail },
    }));
  }

  private async leave(left: readonly Left[], pass: AccountPass): Promise<Ending[]> {
    // What was registered may be wrong: the next decision has to start from what is live.
    await this.objects.adoptAll(
      pass.account.accountId,
      left.flatMap(({ change, leaving: { to, before } }) =>
        before && (to === 'blocked' || to === 'completed')
          ? [{ adId: change.adId, image: before.image }]
          : [],
      ),
    );
    const moved = await leaveClaims(this.database.manager, left);
    return left.map(({ change, leaving }) => (moved.has(change.id) ? leaving.to : 'lost'));
  }

  private writesTo({ account }: AccountPass): boolean {
    return modeOf(account, this.config.executionMode) !== 'shadow';
  }
}

function waiting(pass: AccountPass, { waitMillis, code, detail }: Deferral): Leaving {
  const notBeforeEffective = pass.account.simulated
    ? new Date(pass.now.getTime() + waitMillis)
    : null;
  return { to: 'pending', waitMillis, notBeforeEffective, blockedBy: code, detail };
}

function heldBack(
  { change, before, warnings }: Candidate,
  held: HeldBack,
  pass: AccountPass,
): Left {
  if (held.kind === 'deferred') {
    return { change, leaving: { ...waiting(pass, held), before, warnings } };
  }
  const { code: blockedBy, detail } = held;
  return { change, leaving: { to: 'blocked', blockedBy, detail, before, warnings } };
}
