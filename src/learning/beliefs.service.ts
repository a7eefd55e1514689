// What is believed of an account's ads at an instant: load the reports and the events, form the
// posteriors.
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/index.js';
import {
  NO_TOTALS,
  ReportsService,
  type AccountReports,
  type ArmReports,
} from '../metrics/index.js';
import type { AccountBelief } from './belief/account-belief.js';
import { formPosteriors, type AdBelief } from './belief/belief.js';
import { PatternsService } from './patterns/patterns.service.js';
import type { SharedKnowledge } from './patterns/shared-knowledge.js';
import { dayBoundsIn } from './belief/daily-cohorts.js';
import {
  delayCurveOf,
  estimateDelay,
  type DelayCurve,
  type DelayObservation,
} from './belief/delay.js';
import { ConversionWatch } from './drift/conversion-watch.service.js';
import { DriftWatch } from './drift/drift-watch.service.js';
import { evidenceOf } from './belief/evidence.js';
import type { EvidenceCell } from './belief/evidence-cell.js';
import { EventQueue } from './events/event-queue.service.js';
import { EventEvidenceService, type EventEvidence } from './events/event-evidence.service.js';
import { withEventTotals } from './events/event-totals.js';
import type { PatternLift } from './belief/prior.js';

export interface BelievedArm extends ArmReports {
  belief: AdBelief;
}

export interface AccountBeliefs {
  asOf: Date;
  arms: BelievedArm[];
  account: AccountBelief;
  reports: AccountReports;
  delay: DelayCurve;
  /** The account's own conversions behind it. */
  delays: DelayObservation[];
  /** What other accounts taught. */
  knowledge: SharedKnowledge;
}

@Injectable()
export class BeliefsService {
  constructor(
    private readonly reports: ReportsService,
    private readonly events: EventEvidenceService,
    private readonly queue: EventQueue,
    private readonly patterns: PatternsService,
    private readonly drifts: DriftWatch,
    private readonly conversions: ConversionWatch,
  ) {}

  /**
   * Beliefs depend on `asOf` and on what was told by then, never on who looked before. With
   * `without` they are as if the events of that cell had never come.
   */
  async ofAccount(account: Account, asOf: Date, without?: EvidenceCell): Promise<AccountBeliefs> {
    // Learned here too, not by the poll alone: with no clock running, reading and every job that
    // decides still see what was told. An empty queue costs one look.
    await this.queue.learnQueued(account.accountId);
    const [reported, delays, knowledge] = await Promise.all([
      this.reports.ofAccount(account, asOf),
      this.events.delays(account, asOf),
      this.patterns.knowledgeOf(account, asOf),
    ]);
    const { attributionWindowDays } = account;
    const elsewhere = delayCurveOf(knowledge.delay, attributionWindowDays);
    const delay = estimateDelay(delays, attributionWindowDays, elsewhere);
    const events = await this.events.ofAccount(account, reported, asOf, without);
    const reports = withEvents(reported, events);
    const context = {
      asOf: asOf.getTime(),
      delay,
      dayBounds: dayBoundsIn(account.timezone),
      platformConversions: account.conversionSource !== 'first_party',
      conversionsSince: events.conversionsSince,
    };
    const ads = reports.arms.map((arm) =>
      evidenceOf(arm, events.byArm.get(arm.ad.adId) ?? [], context),
    );
    if (!without) await this.conversions.look(account.accountId, ads, delay, asOf);
    const drift = [
      ...(await this.drifts.ofArms(account, reports, asOf)),
      ...this.conversions.ofArms(ads, delay, asOf),
    ];
    const { posteriors, account: accountBelief } = formPosteriors({
      ads,
      asOf: context.asOf,
      settings: {
        halfLifeDays: account.settings.half_life_days,
        attributionWindowDays,
      },
      delay,
      prior: knowledge.prior,
      lifts: liftsOf(reports.arms, knowledge),
      drift,
      budgetMinor: activeBudget(reports.arms),
    });
    const arms = reports.arms.flatMap((arm, index): BelievedArm[] => {
      const belief = posteriors[index];
      return belief ? [{ ...arm, belief }] : [];
    });
    return { asOf, arms, account: accountBelief, reports, delay, delays, knowledge };
  }
}

function liftsOf(arms: ArmReports[], knowledge: SharedKnowledge): Map<string, PatternLift> {
  const lifts = new Map<string, PatternLift>();
  for (const { ad } of arms) {
    const lift = knowledge.liftOf(ad.creative);
    if (lift) lifts.set(ad.adId, lift);
  }
  return lifts;
}

/** Totals are the latest reports and the events after them. */
function withEvents(reports: AccountReports, events: EventEvidence): AccountReports {
  const own = events.conversionsSince !== null;
  const { byArm, byAd } = events;
  return {
    ...reports,
    arms: reports.arms.map((arm) => ({
      ...arm,
      totals: withEventTotals(arm.totals, byArm.get(arm.ad.adId) ?? [], own),
    })),
    totals: new Map(
      [...reports.ads.keys()].map((adId) => [
        adId,
        withEventTotals(reports.totals.get(adId) ?? NO_TOTALS, byAd.get(adId) ?? [], own),
      ]),
    ),
  };
}

/** The yardstick of saturation; unknown budgets leave it to the spend. */
function activeBudget(arms: ArmReports[]): number | undefined {
  const total = arms
    .filter(({ ad }) => ad.status === 'active')
    .reduce((sum, { ad }) => sum + (ad.dailyBudgetMinor ?? 0), 0);
  return total > 0 ? total : undefined;
}
