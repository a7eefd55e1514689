// The model shown, and the proof that one event moved it.
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AdsService, type Account } from '../accounts/index.js';
import { findAdEvent, type AdEventRow } from '../metrics/index.js';
import { DomainError, pseudonymousId, randomStream } from '../shared/index.js';
import type { AccountPrior, ShownBeliefs } from './account-beliefs.js';
import { BeliefsService } from './beliefs.service.js';
import { noteOn } from './patterns/patterns-answer.js';
import type { ReportedDrift } from './belief/forget.js';
import { DELAY_PRIOR_WEIGHT } from './belief/delay.js';
import { countDrifts, readDrifts, type DriftRow } from './drift/drift.queries.js';
import { cellOfEvent } from './events/event-cells.js';
import type { EvidenceCell } from './belief/evidence-cell.js';
import { findClickConversions } from './events/evidence.queries.js';
import { BIAS_SLOT, readFeatures } from './online/features.js';
import { LEARNING_RATE, weightOf } from './online/ftrl.js';
import { biasOf } from './online/online-model.js';
import { readAllSlots, readLessons, readModel } from './online/online-model.queries.js';
import { calibrationOf, emptyTally } from './online/tally.js';
import { showCoupling } from './belief/show-coupling.js';
import { summariseBelief } from './belief/summary.js';

/** The table holds up to 16,385 slots; the heaviest tell the story. */
const WEIGHTS_SHOWN_MAX = 500;
const DRIFTS_SHOWN_MAX = 200;
/** What is shown of an interval that comes from draws must not differ from look to look. */
const VIEW_SEED = 1;

@Injectable()
export class ModelService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly beliefs: BeliefsService,
    private readonly ads: AdsService,
  ) {}

  async show(account: Account, asOf: Date) {
    const { accountId } = account;
    const { manager } = this.database;
    const [stored, slots, prior] = await Promise.all([
      readModel(manager, accountId),
      readAllSlots(manager, accountId),
      this.beliefs.prior(account, asOf),
    ]);
    const [drifts, found] = await Promise.all([
      readDrifts(manager, accountId, asOf, DRIFTS_SHOWN_MAX),
      countDrifts(manager, accountId),
    ]);
    const tally = stored?.tally ?? emptyTally();
    return {
      account_id: accountId,
      as_of: asOf.toISOString(),
      weights: showWeights(slots),
      weights_total: slots.filter(({ slot }) => slot !== BIAS_SLOT).length,
      bias: biasOf(slots.find(({ slot }) => slot === BIAS_SLOT)),
      events_seen: stored?.eventsSeen ?? 0,
      learning_rate: LEARNING_RATE,
      calibration: calibrationOf(tally),
      features: { dropped: tally.featuresDropped, clipped: tally.featuresClipped },
      drift: newestFirst([...drifts, ...prior.reported.map(reportedRow)]).map(showDrift),
      drifts_found: { ...found, ctr: found.ctr + prior.reported.length },
      prior: { as_of: prior.asOf.toISOString() },
      delay: prior.delay.map(({ lagHours, cdf, lo, hi }) => ({
        lag_hours: lagHours,
        cdf,
        lo,
        hi,
      })),
      ...showPriors(account, prior),
    };
  }

  /** What one event changed: the belief of its ad with and without it, and the weights it moved. */
  async lesson(account: Account, eventId: string, asOf: Date) {
    const { accountId } = account;
    const { manager } = this.database;
    const event = await findAdEvent(manager, accountId, pseudonymousId(eventId));
    if (!event) {
      throw new DomainError(404, 'learning.unknown_event', 'No event with this id is kept.');
    }
    const [lessons, cell] = await Promise.all([
      readLessons(manager, accountId, [event]),
      this.cellOf(accountId, event),
    ]);
    const stored = lessons.get(event.eventDigest);
    const names = new Map(
      readFeatures(event.adId, event.features).features.map(({ slot, name }) => [slot, name]),
    );
    return {
      event_id: event.eventId,
      ad_id: event.adId,
      type: event.type,
      occurred_at: event.occurredAt.toISOString(),
      learned_at: stored?.learnedAt.toISOString() ?? null,
      prediction: stored?.lesson.prediction ?? null,
      loss: stored?.lesson.loss ?? null,
      belief: await this.withAndWithout(account, event, cell, asOf),
      weights: (stored?.lesson.weights ?? []).map(([slot, , before, after]) => ({
        feature: names.get(slot) ?? `slot ${slot}`,
        before,
        after,
      })),
    };
  }

  private async cellOf(accountId: string, event: AdEventRow): Promise<EvidenceCell> {
    if (event.clickId === null || event.type !== 'conversion') return cellOfEvent(event, null);
    const named = await findClickConversions(this.database.manager, accountId, [event.clickId]);
    const own = named.find(({ eventDigest }) => eventDigest === event.eventDigest);
    return cellOfEvent(event, own?.placedAt ?? null);
  }

  private async withAndWithout(
    account: Account,
    event: AdEventRow,
    cell: EvidenceCell,
    asOf: Date,
  ) {
    // An event of this very instant counts from the next on.
    const at = new Date(Math.max(asOf.getTime(), event.occurredAt.getTime() + 1));
    const asked = await this.ads.byIds(account.accountId, [event.adId]);
    const [after, before] = await Promise.all([
      this.beliefs.ofAds(account, at, asked),
      this.beliefs.ofAds(account, at, asked, cell),
    ]);
    const armId = after.reports.events.get(event.adId)?.armId ?? event.adId;
    return {
      before: showBelief(account, before, armId),
      after: showBelief(account, after, armId),
    };
  }
}

/** The coupling, and what the account's own delays and coupling start from. */
function showPriors({ sharePatterns }: Account, { account, knowledge }: AccountPrior) {
  const { delay, beta } = knowledge;
  return {
    delay_prior: {
      ...{ source: delay.source, accounts: delay.accounts },
      ...{ median_hours: delay.medianHours, sigma: delay.sigma },
      weight_conversions: DELAY_PRIOR_WEIGHT,
      note: noteOn(sharePatterns, delay.accounts),
    },
    coupling: {
      ...showCoupling(account),
      prior: { ...beta, note: noteOn(sharePatterns, beta.accounts) },
    },
  };
}

/** null for an object that no budget stands behind: nothing is believed of it alone. */
function showBelief({ currency }: Account, beliefs: ShownBeliefs, armId: string) {
  const arm = beliefs.arms.find(({ ad }) => ad.adId === armId);
  if (!arm) return null;
  const random = randomStream(VIEW_SEED, armId);
  return summariseBelief(arm.belief, beliefs.prior.account, currency, random);
}

function showWeights(slots: Awaited<ReturnType<typeof readAllSlots>>) {
  return slots
    .filter(({ slot }) => slot !== BIAS_SLOT)
    .map(({ name, updatedAt, ...at }) => ({
      feature: name,
      weight: weightOf(at),
      updated_at: updatedAt.toISOString(),
    }))
    .sort((left, right) => Math.abs(right.weight) - Math.abs(left.weight))
    .slice(0, WEIGHTS_SHOWN_MAX);
}

function reportedRow({ adId, detectedAt, before, after }: ReportedDrift): DriftRow {
  return { detectedAt: new Date(detectedAt), scope: `ad:${adId}:ctr`, before, after };
}

function newestFirst(drifts: DriftRow[]): DriftRow[] {
  return drifts
    .sort((left, right) => right.detectedAt.getTime() - left.detectedAt.getTime())
    .slice(0, DRIFTS_SHOWN_MAX);
}

function showDrift({ detectedAt, scope, before, after }: DriftRow) {
  return { detected_at: detectedAt.toISOString(), scope, before, after };
}
