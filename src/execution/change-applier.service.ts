// A group of claimed changes from the look at their objects to their ends: look, judge, and either
// leave each with a reason or hand it to the writer. Which of these it is, is decided in guards.ts.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config, PlatformError } from '../shared/index.js';
import type { AccountPass, Candidate, Ending, Look } from './account-pass.js';
import { AdObjects } from './ad-objects.service.js';
import { ChangeWriter } from './change-writer.service.js';
import type { AdChange } from './change.entity.js';
import { modeOf } from './execution-mode.js';
import { leaveClaims, type Leaving, type Left } from './execution.queries.js';
import { Failures } from './failures.service.js';
import type { Deferral } from './guard-rules.js';
import { GuardLooks } from './guard-looks.service.js';
import { judge, shadowWords, warningsOf, type GuardFacts } from './guards.js';
import { sleepOf } from './sleep.queries.js';

@Injectable()
export class ChangeApplier {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly objects: AdObjects,
    private readonly looks: GuardLooks,
    private readonly writer: ChangeWriter,
    private readonly failures: Failures,
    private readonly config: Config,
  ) {}

  async apply(group: readonly AdChange[], pass: AccountPass): Promise<Ending[]> {
    pass.asleep ??= await sleepOf(this.database.manager, [...pass.sleepKeys]);
    if (pass.asleep) return this.rest(group, pass);
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
      if (!leaving && isStop(change)) pass.active?.delete(change.adId);
    }
    if (!this.writesTo(pass)) {
      return this.leave([...left, ...(await this.validated(candidates, pass))], pass);
    }
    const endings = await this.leave(left, pass);
    return [...endings, ...(await this.write(candidates, pass))];
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
    const held = outcomes.flatMap(({ candidate, ending }): Left[] => {
      if (typeof ending !== 'object') return [];
      const { change, before, warnings } = candidate;
      if (ending.kind === 'deferred') {
        return [{ change, leaving: { ...waiting(pass, ending), before, warnings } }];
      }
      const { code: blockedBy, detail } = ending;
      return [{ change, leaving: { to: 'blocked', blockedBy, detail, before, warnings } }];
    });
    // Not marked, because of the kill switch: those claims are still ours to give back.
    const unmarked = outcomes.filter(({ ending }) => ending === 'lost');
    const back = await this.handBack(unmarked.map(({ candidate }) => candidate.change));
    return [...endings, ...(await this.leave(held, pass)), ...back];
  }

  /** Shadow mode: the platform checks what would have been written, where it can be asked. */
  private async validated(candidates: Candidate[], pass: AccountPass): Promise<Left[]> {
    const asked = candidates.filter(({ before }) => before.image.source === 'platform');
    const changes = asked.map(({ change }) => change);
    const options = { validateOnly: true };
    const write = await this.objects.writer(pass.account);
    const answers = changes.length > 0 ? await write(changes, options) : [];
    const words = new Map(
      changes.map(({ id }, index) => {
        const answer = answers[index];
        if (!(answer instanceof PlatformError)) return [id, '; the platform would have taken it'];
        const isRefusal = answer.kind === 'invalid' || answer.kind === 'permission';
        const verb = isRefusal ? 'would have refused it' : 'could not be asked to check it';
        return [id, `; the platform ${verb}: ${answer.message}`];
      }),
    );
    return candidates.map(({ change, before, warnings }) => {
      const detail = shadowWords({ kind: 'allowed' }, before.image.source);
      const told = `${detail}${words.get(change.id) ?? ''}`;
      return { change, leaving: { to: 'shadowed', detail: told, before, warnings } };
    });
  }

  /** How a change leaves that is not to be written now; null = it may be. */
  private leavingOf(facts: GuardFacts, pass: AccountPass, before: Look): Leaving | null {
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
        return { to: 'awaiting_approval', blockedBy, detail, before, warnings };
      }
      case 'deferred':
        return { ...waiting(pass, verdict), before, warnings };
      case 'allowed':
        // The next pause of this pass must see that one fewer is left.
        return null;
    }
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

  private async rest(group: readonly AdChange[], pass: AccountPass): Promise<Ending[]> {
    const { waitMillis, blockedBy, detail } = pass.asleep ?? { waitMillis: 0, blockedBy: null };
    const leaving: Leaving = { to: 'pending', waitMillis, blockedBy, detail };
    return this.leave(
      group.map((change) => ({ change, leaving })),
      pass,
    );
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

function isStop({ requestedStatus }: AdChange): boolean {
  return requestedStatus === 'paused' || requestedStatus === 'archived';
}
