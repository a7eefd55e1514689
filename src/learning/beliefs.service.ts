// What is believed of an account's ads at an instant: load the reports, form the posteriors.
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/index.js';
import { ReportsService, type AccountReports, type ArmReports } from '../metrics/index.js';
import type { AccountBelief } from './account-belief.js';
import { formPosteriors, type AdBelief } from './belief.js';
import { PatternsService } from './cross/patterns.service.js';
import type { SharedKnowledge } from './cross/shared-knowledge.js';
import { dayBoundsIn } from './daily-cohorts.js';
import { defaultDelayCurve } from './delay.js';
import { evidenceOf } from './evidence.js';
import type { PatternLift } from './prior.js';

export interface BelievedArm extends ArmReports {
  belief: AdBelief;
}

export interface AccountBeliefs {
  arms: BelievedArm[];
  account: AccountBelief;
  reports: AccountReports;
  /** What other accounts taught. */
  knowledge: SharedKnowledge;
}

@Injectable()
export class BeliefsService {
  constructor(
    private readonly reports: ReportsService,
    private readonly patterns: PatternsService,
  ) {}

  /** Beliefs depend on `asOf` and on what was reported by then, never on who looked before. */
  async ofAccount(account: Account, asOf: Date): Promise<AccountBeliefs> {
    const [reports, knowledge] = await Promise.all([
      this.reports.ofAccount(account, asOf),
      this.patterns.knowledgeOf(account, asOf),
    ]);
    const delay = defaultDelayCurve(account.attributionWindowDays);
    const context = {
      asOf: asOf.getTime(),
      delay,
      dayBounds: dayBoundsIn(account.timezone),
      platformConversions: account.conversionSource !== 'first_party',
    };
    const { posteriors, account: accountBelief } = formPosteriors({
      ads: reports.arms.map((arm) => evidenceOf(arm, context)),
      asOf: context.asOf,
      settings: {
        halfLifeDays: account.settings.half_life_days,
        attributionWindowDays: account.attributionWindowDays,
      },
      delay,
      prior: knowledge.prior,
      lifts: liftsOf(reports.arms, knowledge),
      budgetMinor: activeBudget(reports.arms),
    });
    const arms = reports.arms.flatMap((arm, index): BelievedArm[] => {
      const belief = posteriors[index];
      return belief ? [{ ...arm, belief }] : [];
    });
    return { arms, account: accountBelief, reports, knowledge };
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

/** The yardstick of saturation; unknown budgets leave it to the spend. */
function activeBudget(arms: ArmReports[]): number | undefined {
  const total = arms
    .filter(({ ad }) => ad.status === 'active')
    .reduce((sum, { ad }) => sum + (ad.dailyBudgetMinor ?? 0), 0);
  return total > 0 ? total : undefined;
}
