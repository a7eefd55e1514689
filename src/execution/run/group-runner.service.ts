// A group of claimed changes from the look at their objects to their ends, in one line: observe,
// judge, preview, validate, reserve, write, settle. Each step answers what goes on and what leaves.
// Guards are asked twice on purpose: once cheaply, before the platform is, and once under the lock.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { PlatformError } from '../../shared/index.js';
import { shadowWords } from '../guards/guards.js';
import { AdObjects } from '../objects/ad-objects.service.js';
import type { AdChange } from '../objects/change.entity.js';
import { cooldownOf } from '../objects/cooldown.queries.js';
import { releaseClaims, type Released } from '../queue/claims.queries.js';
import type { AccountContext, Candidate, Failed, Outcome } from './account-context.js';
import { Failures } from './failures.service.js';
import { coolingDown, heldBack, judgeGroup } from './judge-group.js';
import { Observer, type KnownSpend } from './observer.service.js';
import { Reservations } from './reservations.service.js';
import { verdictWords, type PlatformVerdict } from './platform-verdict.js';
import { Writer } from './writer.service.js';

/** How the changes left, and the context as the account's next group has to find it. */
export interface GroupResult {
  outcomes: Outcome[];
  context: AccountContext;
}

@Injectable()
export class GroupRunner {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly objects: AdObjects,
    private readonly observer: Observer,
    private readonly reservations: Reservations,
    private readonly writer: Writer,
    private readonly failures: Failures,
  ) {}

  async run(
    group: readonly AdChange[],
    given: AccountContext,
    spend: KnownSpend = new Map<string, number | null>(),
  ): Promise<GroupResult> {
    const known = given.cooldown ?? (await cooldownOf(this.database.manager, given.cooldownKeys));
    let context: AccountContext = { ...given, cooldown: known };
    if (known) return { outcomes: await this.release(coolingDown(group, known), context), context };

    const { observed, failed } = context.failure
      ? { observed: [], failed: allFailed(group, context.failure) }
      : await this.observer.observe(group, context, spend);
    const unseen = await this.failures.released(failed, context);
    context = { ...context, cooldown: unseen.cooldown };

    const { candidates, released, active } = judgeGroup(observed, context);
    context = { ...context, active };
    if (!context.writes) {
      const shadowed = await this.shadow(candidates, context);
      const all = [...unseen.released, ...released, ...shadowed];
      return { outcomes: await this.release(all, context), context };
    }

    const { held, going } = await this.preview(candidates, context);
    const asked = await this.validate(going, context);
    context = { ...context, cooldown: asked.cooldown };
    const outcomes = await this.release(
      [...unseen.released, ...released, ...held, ...asked.released],
      context,
    );
    if (asked.good.length === 0) return { outcomes, context };

    const written = await this.write(asked.good, context);
    return { outcomes: [...outcomes, ...written.outcomes], context: written.context };
  }

  /** Gives claims back untouched: nothing was sent, so nothing is lost. */
  async handBack(
    changes: readonly AdChange[],
    waitMillis = 0,
    blockedBy?: string,
  ): Promise<Outcome[]> {
    const release = { to: 'pending', waitMillis, blockedBy } as const;
    const released = changes.map((change) => ({ change, release }));
    const moved = await releaseClaims(this.database.manager, released);
    return changes.map(({ id }) => (moved.has(id) ? 'handed_back' : 'lost'));
  }

  /** What has to wait anyway is not worth a question; only asked where the platform validates. */
  private async preview(
    candidates: Candidate[],
    context: AccountContext,
  ): Promise<{ going: Candidate[]; held: Released[] }> {
    if (!this.objects.validates(context.account)) return { going: candidates, held: [] };
    const { go, held } = await this.reservations.preview(candidates, context);
    return { going: go, held: releasedOf(candidates, held, context) };
  }

  /** Those that the platform would take. */
  private async validate(going: Candidate[], context: AccountContext) {
    const verdicts = await this.verdicts(going, context);
    const good: Candidate[] = [];
    const failed: Failed[] = [];
    for (const [index, candidate] of going.entries()) {
      const verdict = verdicts[index];
      if (verdict instanceof PlatformError) failed.push({ ...candidate, failure: verdict });
      else good.push(candidate);
    }
    const { released, cooldown } = await this.failures.released(failed, context);
    if (!cooldown) return { good, released, cooldown };
    const resting = coolingDown(
      good.map(({ change }) => change),
      cooldown,
    );
    return { good: [], released: [...released, ...resting], cooldown };
  }

  /** Shadow mode: the platform checks what would have been written, where it can be asked. */
  private async shadow(candidates: Candidate[], context: AccountContext): Promise<Released[]> {
    const verdicts = await this.verdicts(candidates, context);
    let { cooldown } = context;
    for (const [index, { change }] of candidates.entries()) {
      const failure = verdicts[index];
      // Asking on while blocked would lengthen the block, in shadow mode too.
      if (!(failure instanceof PlatformError) || cooldown) continue;
      ({ cooldown } = await this.failures.released([{ change, failure }], context));
    }
    return candidates.map(({ change, before, warnings }, index) => {
      const words = shadowWords({ kind: 'allowed' }, before.image.source);
      const detail = `${words}${verdictWords(verdicts[index] ?? null)}`;
      return { change, release: { to: 'shadowed', detail, before, warnings } };
    });
  }

  /** One per candidate, in one call; a question changes nothing, so it costs no attempt. */
  private async verdicts(
    candidates: readonly Candidate[],
    { account }: AccountContext,
  ): Promise<PlatformVerdict[]> {
    const asked = candidates.filter(({ before }) => before.image.source === 'platform');
    if (asked.length === 0 || !this.objects.validates(account)) return candidates.map(() => null);
    const ask = await this.objects.writer(account);
    const changes = asked.map(({ change }) => change);
    const answers = await ask(changes, { validateOnly: true });
    const verdicts = new Map(
      changes.map(({ id }, index): [string, PlatformVerdict] => {
        const answer = answers[index] ?? new PlatformError('transient', 'no answer');
        return [id, answer instanceof PlatformError ? answer : 'takes'];
      }),
    );
    return candidates.map(({ change }) => verdicts.get(change.id) ?? null);
  }

  /** Reserve under the lock, send, settle; in transactions of their own, none of which waits. */
  private async write(candidates: Candidate[], context: AccountContext): Promise<GroupResult> {
    const batchId = candidates.length > 1 ? randomUUID() : null;
    // Fetched before the mark, so that nothing stands between the mark and the write.
    const send = await this.objects.writer(context.account);
    const { marked, held, markedAt } = await this.reservations.reserve(
      ...([candidates, context, batchId] as const),
    );
    const sent = candidates.filter(({ change }) => marked.has(change.id));
    const { outcomes, cooldown } = await this.writer.write(sent, context, { markedAt, send });
    // Not marked, because of the kill switch: those claims are still ours to give back.
    const unmarked = candidates
      .map(({ change }) => change)
      .filter(({ id }) => !marked.has(id) && !held.has(id));
    const released = await this.release(releasedOf(candidates, held, context), context);
    const back = await this.handBack(unmarked);
    return { outcomes: [...outcomes, ...released, ...back], context: { ...context, cooldown } };
  }

  private async release(
    released: readonly Released[],
    { account }: AccountContext,
  ): Promise<Outcome[]> {
    // What was registered may be wrong: the next decision has to start from what is live.
    await this.objects.adoptAll(
      account.accountId,
      released.flatMap(({ change, release: { to, before } }) =>
        before && (to === 'blocked' || to === 'completed')
          ? [{ adId: change.adId, image: before.image }]
          : [],
      ),
    );
    const moved = await releaseClaims(this.database.manager, released);
    return released.map(({ change, release }) => (moved.has(change.id) ? release.to : 'lost'));
  }
}

function allFailed(group: readonly AdChange[], failure: PlatformError): Failed[] {
  return group.map((change) => ({ change, failure }));
}

function releasedOf(
  candidates: readonly Candidate[],
  held: Awaited<ReturnType<Reservations['preview']>>['held'],
  context: AccountContext,
): Released[] {
  return candidates.flatMap((candidate) => {
    const hold = held.get(candidate.change.id);
    return hold ? [heldBack(candidate, hold, context)] : [];
  });
}
