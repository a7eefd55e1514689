// One look over an account, family by family, so that forty thousand ads cost memory for their sums
// and not for their history, and others are served in between.
import { Injectable } from '@nestjs/common';
import { AdsService, type Account, type Ad } from '../accounts/index.js';
import { ReportsService, type AccountReports, type ArmReports } from '../metrics/index.js';
import { Breather } from '../shared/index.js';
import type { AccountBeliefs, AccountPrior, ObservedArm } from './account-beliefs.js';
import { accountSteps } from './belief/account-belief.js';
import type { AdFacts } from './belief/ad-facts.js';
import { beliefOf } from './belief/belief.js';
import { delayCurveOf, estimateDelay } from './belief/delay.js';
import type { EvidenceCell } from './belief/evidence-cell.js';
import { driftsByAd, type ReportedDrift } from './belief/forget.js';
import type { AdEvidence } from './belief/posterior.js';
import type { PatternLift } from './belief/prior.js';
import { ConversionWatch, type ConversionLook } from './drift/conversion-watch.service.js';
import { DriftWatch } from './drift/drift-watch.service.js';
import { EventEvidenceService } from './events/event-evidence.service.js';
import {
  activeBudget,
  expose,
  lookOf,
  noObjects,
  sumsOf,
  withEvents,
  type ExposedArm,
  type Look,
  type Part,
  type PriorBasis,
} from './exposed-arms.js';
import { PatternsService } from './patterns/patterns.service.js';

export interface SurveyOptions {
  /** Of which arms beliefs are formed; default all. */
  wants?: (ad: Ad) => boolean;
  /** Sees every arm with its reports, which are not kept. */
  eachArm?: (arm: ArmReports) => void;
  /** Proven changes of conversion rates are kept as facts. */
  keepsChanges?: boolean;
  /** A cell to be left out, to see what the events behind it changed. */
  without?: EvidenceCell;
}

@Injectable()
export class AccountSurvey {
  constructor(
    private readonly ads: AdsService,
    private readonly reports: ReportsService,
    private readonly events: EventEvidenceService,
    private readonly patterns: PatternsService,
    private readonly drifts: DriftWatch,
    private readonly conversions: ConversionWatch,
  ) {}

  async of(account: Account, asOf: Date, options: SurveyOptions = {}): Promise<AccountBeliefs> {
    const { accountId } = account;
    const [basis, { order, parts }] = await Promise.all([
      this.basis(account, asOf),
      this.reports.parts(account),
    ]);
    const changes = options.keepsChanges ? await this.conversions.look(accountId, asOf) : null;
    const look = lookOf(account, asOf, basis, options.without);
    const breather = new Breather();
    const seen = await this.seeParts(look, parts, { ...options, changes, breather });
    await changes?.keep();
    // Sums run in the order of the ids, so that they do not depend on how the account was parted.
    seen.facts.sort((left, right) => (left.adId < right.adId ? -1 : 1));
    if (breather.isDue) await breather.rest();
    const { prior } = basis.knowledge;
    const budget = activeBudget(seen.all);
    if (breather.isDue) await breather.rest();
    const believed = await breather.through(accountSteps(seen.facts, prior, budget, seen.lifts));
    await breather.rest();
    const sums = sumsOf(seen.facts, believed.conversionsKnown);
    const arms = new Map<string, AccountBeliefs['arms'][number]>();
    for (const { arm, exposure, lift } of seen.wanted) {
      const { adId } = arm.ad;
      arms.set(adId, { ...arm, belief: beliefOf(adId, exposure, believed, lift) });
      if (breather.isDue) await breather.rest();
    }
    return {
      asOf,
      prior: {
        asOf,
        account: believed,
        ...basis,
        reported: seen.reported,
        sums,
      },
      arms: order.flatMap((adId) => arms.get(adId) ?? []),
      all: seen.all,
      reports: seen.reports,
    };
  }

  /** Of some ads alone, on a prior that is known. */
  async family(
    account: Account,
    asOf: Date,
    {
      asked,
      prior,
      without,
    }: { asked: readonly Ad[]; prior: AccountPrior; without?: EvidenceCell },
  ): Promise<{ reports: AccountReports; exposures: ExposedArm[] }> {
    const look = lookOf(account, asOf, prior, without);
    const breather = new Breather();
    const family = await this.reports.familyOf(account, asked);
    const part = await this.read(look, family);
    const armIds = new Set(asked.map(({ adId }) => part.reports.events.get(adId)?.armId));
    const exposures: ExposedArm[] = [];
    for (const arm of part.reports.arms) {
      if (armIds.has(arm.ad.adId)) exposures.push(expose(look, part, arm));
      if (breather.isDue) await breather.rest();
    }
    return { reports: part.reports, exposures };
  }

  private async basis(account: Account, asOf: Date): Promise<PriorBasis> {
    const { attributionWindowDays } = account;
    const [delays, knowledge, conversionsSince] = await Promise.all([
      this.events.delays(account, asOf),
      this.patterns.knowledgeOf(account, asOf),
      this.events.conversionsSince(account, asOf),
    ]);
    const elsewhere = delayCurveOf(knowledge.delay, attributionWindowDays);
    const delay = estimateDelay(delays, attributionWindowDays, elsewhere);
    return { delay, delays, knowledge, conversionsSince };
  }

  private async seeParts(
    look: Look,
    parts: readonly string[][],
    options: SurveyOptions & { changes: ConversionLook | null; breather: Breather },
  ) {
    const { wants = () => true, eachArm, changes, breather } = options;
    const see = changes ? (ad: AdEvidence) => changes.see(ad, look.basis.delay) : undefined;
    const seen = {
      facts: [] as AdFacts[],
      reported: [] as ReportedDrift[],
      all: [] as ObservedArm[],
      wanted: [] as ExposedArm[],
      lifts: new Map<string, PatternLift>(),
      reports: noObjects(),
    };
    for (const adIds of parts) {
      const part = await this.read(look, await this.ads.byIds(look.account.accountId, adIds));
      // Of a large account nobody asks what stands around its arms.
      if (parts.length === 1) seen.reports = part.reports;
      seen.reported.push(...reportedOf(part));
      for (const arm of part.reports.arms) {
        const exposed = expose(look, part, arm, see);
        eachArm?.(arm);
        seen.facts.push(exposed.facts);
        seen.all.push(exposed.arm);
        if (exposed.lift) seen.lifts.set(arm.ad.adId, exposed.lift);
        if (wants(arm.ad)) seen.wanted.push(exposed);
        if (breather.isDue) await breather.rest();
      }
    }
    return seen;
  }

  private async read({ account, asOf, basis, without }: Look, ads: readonly Ad[]): Promise<Part> {
    const reported = await this.reports.ofFamilies(account, asOf, ads);
    const events = await this.events.ofReports(account, reported, asOf, without);
    const reports = withEvents(reported, events, basis.conversionsSince !== null);
    const drifts = driftsByAd(await this.drifts.ofArms(account, reports, asOf));
    return { reports, events, drifts };
  }
}

function reportedOf({ drifts }: Part): ReportedDrift[] {
  return [...drifts.values()].flat().flatMap(({ report }) => report ?? []);
}
